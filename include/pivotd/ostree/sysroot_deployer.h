#pragma once
// The embedded deploy backend: deployments made with libostree's sysroot API, without rpm-ostreed.
// Staged where the host runs from that sysroot, written at once where it does not. It cannot layer
// packages.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "pivotd/ports/deployer.h"

namespace pivotd::ostree {

struct SysrootOptions {
  std::filesystem::path sysroot = "/";
  std::string stateroot;  // empty: the booted one's, else the only one
  // How long to wait for another process (ostree admin) to let the sysroot go before kBusy.
  std::chrono::milliseconds lock_patience = std::chrono::seconds(10);
};

// Opens nothing that stays open: every call reads the sysroot anew and locks it only while it
// changes it. kNotFound when there is no sysroot, kInvalid when the stateroot has to be named and
// is not, or is another than the booted one's.
Result<std::unique_ptr<Deployer>> open_sysroot_deployer(SysrootOptions options);

// The repository the sysroot's deployments are made from.
Result<std::filesystem::path> sysroot_repo(const SysrootOptions& options);

// A booted host may mount /sysroot and /boot read-only for everybody but its updaters. When it
// does, this moves the process into a mount namespace of its own and makes them writable there, for
// everything that is opened later. Before the first thread starts and before the repository is
// opened. Does nothing where nothing is read-only, and for a process that is not root's.
Result<void> enter_private_mounts(const SysrootOptions& options);

}  // namespace pivotd::ostree
