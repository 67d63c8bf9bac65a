// Writable mounts on a host that keeps /sysroot and /boot read-only.

#include <array>
#include <cerrno>

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "pivotd/base/text.h"

#include "ostree/sysroot_open.h"

namespace pivotd::ostree {

namespace {

constexpr std::array kMountPoints = {"/sysroot", "/boot"};

// What remounting must not take away from a mount.
constexpr std::array<std::pair<unsigned long, unsigned long>, 4> kKept = {{
    {ST_NOSUID, MS_NOSUID},
    {ST_NODEV, MS_NODEV},
    {ST_NOEXEC, MS_NOEXEC},
    {ST_NOATIME, MS_NOATIME},
}};

Result<struct statvfs> look_at(const char* path) {
  struct statvfs found = {};
  // A host without such a directory has nothing there that could be read-only.
  if (statvfs(path, &found) == 0 || errno == ENOENT) return found;
  return errno_error(errno, concat("looking at the mount '", path, "'"));
}

Result<bool> is_anything_read_only() {
  for (const char* path : kMountPoints) {
    if ((TRY(look_at(path)).f_flag & ST_RDONLY) != 0) return true;
  }
  return false;
}

Result<void> leave_shared_mounts() {
  if (unshare(CLONE_NEWNS) != 0) return errno_error(errno, "making a private mount namespace");
  // What the host mounts later is still seen here; what changes here is not seen there.
  if (mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return errno_error(errno, "making the mounts private");
  }
  return {};
}

// Not a bind remount: /boot is often a file system that is itself mounted read-only, and then the
// superblock has to change as well. The host's own mount stays read-only by its own flag.
Result<void> make_writable(const char* path) {
  const auto found = TRY(look_at(path));
  if ((found.f_flag & ST_RDONLY) == 0) return {};
  unsigned long flags = MS_REMOUNT | MS_RELATIME;
  for (const auto& [seen, wanted] : kKept) {
    if ((found.f_flag & seen) != 0) flags |= wanted;
  }
  if (mount(path, path, nullptr, flags, nullptr) != 0) {
    return errno_error(errno, concat("making '", path, "' writable"));
  }
  return {};
}

}  // namespace

Result<void> enter_private_mounts(const SysrootOptions& options) {
  if (geteuid() != 0 || !is_booted(options)) return {};
  if (!TRY(is_anything_read_only())) return {};
  if (!has_private_mounts()) TRY(leave_shared_mounts());
  for (const char* path : kMountPoints) TRY(make_writable(path));
  return {};
}

}  // namespace pivotd::ostree
