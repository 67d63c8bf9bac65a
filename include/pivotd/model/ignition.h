#pragma once
// The Ignition part of a MachineConfig (spec.config), versions 2.2 and 3.0 to 3.5, parsed enough to
// count what it asks for and to tell whether it asks for something that cannot be changed on a
// running host. pivotd does not write files, units or users; it says so.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "pivotd/base/json.h"
#include "pivotd/base/result.h"
#include "pivotd/model/digest.h"

namespace pivotd {

struct IgnitionSummary {
  std::string version;  // "3.2.0"; empty when there is no Ignition config at all
  std::size_t files = 0;
  std::size_t directories = 0;
  std::size_t links = 0;
  std::size_t units = 0;
  std::size_t users = 0;
  std::size_t groups = 0;
  std::size_t networkd_units = 0;  // 2.2
  // Digest of the canonical content of each section that only a reinstallation can change and that
  // is not empty: "storage.disks", "storage.filesystems", "storage.raid", "storage.luks".
  std::map<std::string, Digest> disk_layout;

  bool empty() const;
  // "3 files, 2 units and 1 user"; empty when empty().
  std::string describe() const;

  bool operator==(const IgnitionSummary&) const = default;
};

// `config` is spec.config; null and {} mean an empty config. kInvalid names the path; an unknown
// version is kInvalid and lists the supported ones.
Result<IgnitionSummary> parse_ignition(const json::Cursor& config);

}  // namespace pivotd
