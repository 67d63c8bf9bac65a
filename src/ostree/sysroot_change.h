#pragma once
// Changes to a locked sysroot: one deployment made, taken back, or left out. The caller holds the
// lock and reads the result back.

#include <string>
#include <vector>

#include "pivotd/model/deployment.h"

#include "ostree/sysroot_open.h"

namespace pivotd::ostree {

struct NewDeployment {
  std::string stateroot;
  std::string commit;
  std::string custom_origin;  // empty: none
  std::string custom_origin_description;
  std::vector<std::string> kernel_args;
};

// Staged on a booted host, else written; in place of what was pending.
Result<void> write_deployment(OstreeSysroot* sysroot, const NewDeployment& wanted,
                              const Stop& stop);

// After a deployment that did not come out as wanted: takes it off the list if it got there (what
// was listed `before` stays), and removes what was checked out for it.
Result<void> undo_deployment(const SysrootOptions& options, const Deployments& before);

// An administrator may have locked the finalization of what was staged before; the next boot would
// then not take what is staged now.
Result<void> allow_finalization();

// Makes the booted deployment the first: what is ahead of it goes, and what may not go (pinned, or
// of another stateroot) moves behind.
Result<void> remove_pending(OstreeSysroot* sysroot);

// Removes what is neither booted, pending, pinned, nor the first to fall back to.
Result<void> remove_unneeded(OstreeSysroot* sysroot, const Stop& stop);

// Removes objects that no ref and no deployment needs.
Result<void> prune(OstreeSysroot* sysroot, const Stop& stop);

}  // namespace pivotd::ostree
