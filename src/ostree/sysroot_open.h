#pragma once
// Opening libostree's view of a sysroot: which directory is meant, loaded for reading, or locked
// against every other process and then loaded.

#include <filesystem>
#include <string>

#include <ostree.h>

#include "pivotd/glib/gptr.h"
#include "pivotd/ostree/sysroot_deployer.h"

namespace pivotd::ostree {

using Sysroot = glib::Object<OstreeSysroot>;

// The directory, as libostree must be told it.
std::filesystem::path sysroot_path(const SysrootOptions& options);
// Whether the host runs from a deployment of this sysroot.
bool is_booted(const SysrootOptions& options);
// Whether this process sees mounts of its own, so that making one writable is nobody else's affair.
bool has_private_mounts();

Result<Sysroot> load_sysroot(const SysrootOptions& options, const Stop& stop);
// The lock is held until the object is destroyed. kBusy when another process keeps it for longer
// than the options' patience.
Result<Sysroot> lock_sysroot(const SysrootOptions& options, const Stop& stop);

// The stateroot new deployments go to.
Result<std::string> choose_stateroot(const SysrootOptions& options, OstreeSysroot* sysroot);

}  // namespace pivotd::ostree
