#include "plan/reconcilable.h"

#include <algorithm>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

constexpr std::size_t kShownFields = 8;

std::string_view on_or_off(bool flag) {
  return flag ? "on" : "off";
}

void check_fips(const MachineConfig& target, const Host& host, Reconcilable& result) {
  // A kernel that does not say was built without it.
  const bool runs = host.boot.fips.value_or(false);
  if (runs == target.fips) return;
  result.problems.push_back(concat("fips: the target asks for FIPS mode ", on_or_off(target.fips),
                                   ", the host runs with it ", on_or_off(runs),
                                   ", and it cannot be changed after installation"));
}

void check_disk_layout(const MachineConfig& target, const Host& host, Reconcilable& result) {
  const auto& wanted = target.ignition.disk_layout;
  const auto& provisioned = host.provisioned_disk_layout;
  for (const auto& [section, digest] : wanted) {
    if (!provisioned) {
      result.problems.push_back(concat(
          "ignition: the target has '", section,
          "', and pivotd cannot tell whether this host was provisioned with it: neither "
          "'/etc/mcs-machine-config-content.json' nor '/etc/machine-config-daemon/currentconfig' "
          "says so"));
      continue;
    }
    const auto found = provisioned->find(section);
    if (found == provisioned->end() || found->second != digest)
      result.problems.push_back(concat("ignition: '", section,
                                       "' is not what this host was provisioned with, and only a "
                                       "reinstallation can change it"));
  }
  if (!provisioned) return;
  for (const auto& [section, digest] : *provisioned)
    if (!wanted.contains(section))
      result.reasons.push_back({.what = "ignition",
                                .why = concat("the host was provisioned with '", section,
                                              "', which the target does not name: it stays")});
}

void note_ignition(const MachineConfig& target, Reconcilable& result) {
  const auto& ignition = target.ignition;
  if (ignition.empty()) return;
  const auto parts = ignition.describe();
  const bool one = parts.starts_with("1 ") && parts.find(" and ") == std::string::npos;
  const bool layout_only = parts == "a disk layout";
  result.reasons.push_back(
      {.what = "ignition",
       .why = concat(parts, one || layout_only ? " is" : " are",
                     " not pivotd's to write: what manages this host's files has to")});
}

void note_schema(const MachineConfig& target, Reconcilable& result) {
  if (!target.extensions_image.empty())
    result.reasons.push_back(
        {.what = "schema",
         .why = concat("'spec.baseOSExtensionsContainerImage' is for layered images and is not "
                       "used: '",
                       printable(target.extensions_image), "'")});
  const auto& fields = target.unknown_fields;
  if (fields.empty()) return;
  std::vector<std::string> shown(
      fields.begin(),
      fields.begin() + static_cast<std::ptrdiff_t>(std::min(fields.size(), kShownFields)));
  const auto more = fields.size() - shown.size();
  result.reasons.push_back(
      {.what = "schema",
       .why = concat("ignored, because pivotd does not know what it means: '", join(shown, "', '"),
                     "'", more == 0 ? "" : concat(" and ", more, " more"))});
}

}  // namespace

Reconcilable check_reconcilable(const MachineConfig& target, const Host& host) {
  Reconcilable result;
  check_fips(target, host, result);
  check_disk_layout(target, host, result);
  note_ignition(target, result);
  note_schema(target, result);
  return result;
}

}  // namespace pivotd
