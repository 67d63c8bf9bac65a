#include "pivotd/engine/verify.h"

#include <algorithm>
#include <vector>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

// The arguments of ours on the staged line. The rest of the line is not compared with
// /proc/cmdline: boot loaders add to it (BOOT_IMAGE=) and substitute in it ($ignition_firstboot).
KernelArgs managed_of(const Record& record) {
  const auto entry = std::find_if(
      record.ledger.begin(), record.ledger.end(),
      [&](const LedgerEntry& candidate) { return candidate.line == record.kernel_args; });
  return entry == record.ledger.end() ? KernelArgs() : entry->managed;
}

}  // namespace

std::string differences(const Record& record, const Host& host) {
  const auto* booted = host.deployments.booted();
  if (booted == nullptr) return "no deployment is booted";
  std::vector<std::string> found;
  if (record.commit && booted->base_commit() != *record.commit)
    found.push_back(concat("commit '", record.commit->str(), "' was staged, '",
                           booted->base_commit().str(), "' is booted"));
  if (booted->kernel_args != record.kernel_args)
    found.push_back(concat("kernel arguments '", record.kernel_args.str(),
                           "' were staged, the booted deployment has '", booted->kernel_args.str(),
                           "'"));
  const auto managed = managed_of(record);
  if (!host.boot.command_line.contains_in_order(managed))
    found.push_back(
        concat("the running kernel's command line lacks some of '", managed.str(), "'"));
  return join(found, "; ");
}

}  // namespace pivotd
