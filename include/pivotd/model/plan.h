#pragma once
// What is left to do to make the host what the target asks for, with every reason in words. A
// value: computing it touches nothing.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/json.h"
#include "pivotd/model/deployment.h"
#include "pivotd/model/machine_config.h"

namespace pivotd {

// What carrying the plan out costs the host's users.
enum class Cost { kNothing, kReboot };

std::string_view to_string(Cost cost);  // "nothing", "reboot"

// The kernel arguments pivotd put on a command line it made, so that it can take exactly those away
// again. Kept in the record, one entry a line that a deployment of this host may have.
struct LedgerEntry {
  KernelArgs line;     // the whole line as we asked for it, without ostree=
  KernelArgs managed;  // the part of it that is ours

  bool operator==(const LedgerEntry&) const = default;
};

using Ledger = std::vector<LedgerEntry>;  // newest first

struct KernelArgsPlan {
  KernelArgs line;     // the final, complete command line, without ostree=
  KernelArgs managed;  // ours on it
  KernelArgs added;
  KernelArgs removed;

  bool operator==(const KernelArgsPlan&) const = default;
};

// One sentence on why the plan is what it is: {"image", "booted 'sha256:aa..', target
// 'sha256:bb..'"}.
struct Reason {
  std::string what;  // "image", "kernel arguments", "extensions", "kernel type", "fips",
                     // "ignition", "pending", "schema"
  std::string why;

  bool operator==(const Reason&) const = default;
};

struct Plan {
  std::string target_name;
  Digest target_content;
  // The image to fetch and deploy; none when the deployed commit is, or may stay, what it is.
  std::optional<ImageRef> image;
  // What the new deployment's custom origin must say; none when the base deployment's stays.
  std::optional<std::string> custom_origin;
  KernelArgsPlan kernel_args;
  std::vector<std::string> packages_added;
  std::vector<std::string> packages_removed;
  KernelType kernel_type = KernelType::kDefault;
  // A pending deployment is in the way: it is neither what the host is nor what the target asks
  // for, or the target asks for what is booted.
  bool discard_pending = false;
  // The pending deployment already is what the target asks for: only the reboot is left.
  bool adopt_pending = false;
  Cost cost = Cost::kNothing;
  std::vector<Reason> reasons;

  // A new deployment has to be made.
  bool needs_deployment() const { return cost == Cost::kReboot && !adopt_pending; }

  bool operator==(const Plan&) const = default;
};

json::Value to_json(const Plan& plan);
// For people: one fact a line, no trailing line break.
std::string describe(const Plan& plan);

}  // namespace pivotd
