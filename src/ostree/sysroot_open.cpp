#include "ostree/sysroot_open.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "pivotd/base/text.h"

namespace pivotd::ostree {

namespace {

namespace fs = std::filesystem;

constexpr auto kLockPause = std::chrono::milliseconds(100);

bool is_same_directory(const fs::path& one, const fs::path& other) {
  std::error_code ignored;  // what cannot be looked at is not the same
  return fs::equivalent(one, other, ignored);
}

bool runs_from_ostree() {
  std::error_code ignored;
  return fs::exists(OSTREE_PATH_BOOTED, ignored);
}

Result<Sysroot> new_sysroot(const SysrootOptions& options) {
  const auto path = sysroot_path(options);
  const auto file = glib::adopt(g_file_new_for_path(path.c_str()));
  auto sysroot = glib::adopt(ostree_sysroot_new(file.get()));
  glib::ErrorSlot error;
  if (ostree_sysroot_initialize(sysroot.get(), error) == FALSE) {
    return error.take(concat("opening the sysroot '", path.string(), "'"));
  }
  // From here on libostree makes /sysroot and /boot writable itself when they are not: /boot may be
  // an automount that comes and goes after enter_private_mounts(). Must be said before it loads.
  if (ostree_sysroot_is_booted(sysroot.get()) != FALSE && has_private_mounts()) {
    ostree_sysroot_set_mount_namespace_in_use(sysroot.get());
  }
  return sysroot;
}

Result<void> load(OstreeSysroot* sysroot, const SysrootOptions& options, const Stop& stop) {
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  if (ostree_sysroot_load(sysroot, cancellable.get(), error) == FALSE) {
    return error.take(concat("reading the deployments of '", sysroot_path(options).string(), "'"));
  }
  return {};
}

Result<bool> try_lock(OstreeSysroot* sysroot, const SysrootOptions& options) {
  gboolean acquired = FALSE;
  glib::ErrorSlot error;
  if (ostree_sysroot_try_lock(sysroot, &acquired, error) == FALSE) {
    return error.take(concat("locking the sysroot '", sysroot_path(options).string(), "'"));
  }
  return acquired != FALSE;
}

Result<std::vector<std::string>> list_stateroots(const fs::path& sysroot) {
  const auto directory = sysroot / "ostree/deploy";
  std::vector<std::string> names;
  std::error_code failure;
  auto entries = fs::directory_iterator(directory, failure);
  for (const auto end = fs::directory_iterator(); !failure && entries != end;
       entries.increment(failure)) {
    std::error_code ignored;  // gone since: not a stateroot
    if (entries->is_directory(ignored)) names.push_back(entries->path().filename().string());
  }
  if (failure) {
    return errno_error(failure.value(),
                       concat("listing the stateroots in '", directory.string(), "'"));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

fs::path sysroot_path(const SysrootOptions& options) {
  // On a booted host /sysroot is the same sysroot as /, but libostree takes only / as booted:
  // through the other name it would write where it has to stage.
  if (runs_from_ostree() && is_same_directory(options.sysroot, "/sysroot")) return "/";
  return options.sysroot;
}

bool is_booted(const SysrootOptions& options) {
  return runs_from_ostree() && is_same_directory(sysroot_path(options), "/");
}

bool has_private_mounts() {
  std::error_code failure;
  const auto first = fs::read_symlink("/proc/1/ns/mnt", failure);
  if (failure) return false;
  const auto own = fs::read_symlink("/proc/self/ns/mnt", failure);
  return !failure && own != first;
}

Result<Sysroot> load_sysroot(const SysrootOptions& options, const Stop& stop) {
  TRY(check(stop));
  auto sysroot = TRY(new_sysroot(options));
  TRY(load(sysroot.get(), options, stop));
  return sysroot;
}

Result<Sysroot> lock_sysroot(const SysrootOptions& options, const Stop& stop) {
  auto sysroot = TRY(new_sysroot(options));
  const auto deadline = std::chrono::steady_clock::now() + options.lock_patience;
  TRY(check(stop));
  while (!TRY(try_lock(sysroot.get(), options))) {
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error(Errc::kBusy, concat("another process holds the sysroot lock of '",
                                       sysroot_path(options).string(), "'"));
    }
    (void)wait_for(kLockPause, stop);  // the check below says whether it was cut short
    TRY(check(stop));
  }
  // Only now: locking is what makes read-only mounts writable, and a repository that was opened
  // before stays read-only.
  TRY(load(sysroot.get(), options, stop));
  return sysroot;
}

Result<std::string> choose_stateroot(const SysrootOptions& options, OstreeSysroot* sysroot) {
  if (auto* const booted = ostree_sysroot_get_booted_deployment(sysroot); booted != nullptr) {
    const std::string name = ostree_deployment_get_osname(booted);
    if (options.stateroot.empty() || options.stateroot == name) return name;
    return Error(Errc::kInvalid, concat("the host runs from stateroot '", name, "', not from '",
                                        options.stateroot, "' as the settings say"));
  }
  const auto path = sysroot_path(options);
  const auto names = TRY(list_stateroots(path));
  if (options.stateroot.empty()) {
    if (names.size() == 1) return names.front();
    if (names.empty()) {
      return Error(Errc::kNotFound, concat("the sysroot '", path.string(), "' has no stateroot"));
    }
    return Error(Errc::kInvalid, concat("the sysroot '", path.string(), "' has the stateroots '",
                                        join(names, "', '"), "': the settings must name one"));
  }
  if (std::find(names.begin(), names.end(), options.stateroot) != names.end()) {
    return options.stateroot;
  }
  return Error(Errc::kNotFound, concat("the sysroot '", path.string(), "' has no stateroot '",
                                       options.stateroot, "'"));
}

Result<fs::path> sysroot_repo(const SysrootOptions& options) {
  const auto path = sysroot_path(options) / "ostree/repo";
  std::error_code failure;
  const bool is_there = fs::is_directory(path, failure);
  if (failure && failure != std::errc::no_such_file_or_directory) {
    return errno_error(failure.value(), concat("looking at '", path.string(), "'"));
  }
  if (!is_there) {
    return Error(Errc::kNotFound, concat("there is no OSTree sysroot at '",
                                         options.sysroot.string(), "': it has no 'ostree/repo'"));
  }
  return path;
}

}  // namespace pivotd::ostree
