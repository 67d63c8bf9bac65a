#include "ostree/transaction.h"

#include <cerrno>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "pivotd/base/fd.h"
#include "pivotd/base/text.h"

namespace pivotd::ostree {

namespace {

constexpr const char* kStaging = "staging-";

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { (void)closedir(directory); }
};

// Until the last byte of a layer was verified, its objects are whatever somebody on the way to the
// registry wanted, set-user-id programs included. libostree stages them in a directory that every
// local user may enter; we do not let them. (Where the administrator turned fsync off or made it
// per object, libostree stages nothing and this protects nothing.)
Result<void> close_to_others(int repo_fd) {
  Fd tmp(openat(repo_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!tmp) return errno_error(errno, "opening the repository's 'tmp'");
  const int copy = fcntl(tmp.get(), F_DUPFD_CLOEXEC, 0);
  std::unique_ptr<DIR, CloseDirectory> directory(copy < 0 ? nullptr : fdopendir(copy));
  if (!directory) return errno_error(errno, "reading the repository's 'tmp'");
  while (const auto* entry = readdir(directory.get())) {
    if (!std::string_view(entry->d_name).starts_with(kStaging)) continue;
    const Fd staging(
        openat(tmp.get(), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!staging && (errno == ENOTDIR || errno == ENOENT)) continue;  // a lock file, or gone
    if (!staging || fchmod(staging.get(), S_IRWXU) != 0)
      return errno_error(errno, concat("closing the repository's 'tmp/",
                                       std::string_view(entry->d_name), "' to other users"));
  }
  return {};
}

}  // namespace

Result<SharedLock> SharedLock::acquire(const Repository& repository, const Stop& stop) {
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  if (ostree_repo_lock_push(repository.get(), OSTREE_REPO_LOCK_SHARED, cancellable.get(), error) ==
      FALSE)
    return error.take(concat("locking the repository '", repository.path().string(), "'"));
  return SharedLock(repository.get());
}

void SharedLock::Release::operator()(OstreeRepo* repo) const noexcept {
  glib::ErrorSlot ignored;  // the descriptor is closed soon, and the lock goes with it
  (void)ostree_repo_lock_pop(repo, OSTREE_REPO_LOCK_SHARED, nullptr, ignored);
}

Result<Transaction> Transaction::begin(const Repository& repository, const Stop& stop) {
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  if (ostree_repo_prepare_transaction(repository.get(), nullptr, cancellable.get(), error) == FALSE)
    return error.take("beginning a transaction");
  Transaction transaction(repository.get());
  TRY(close_to_others(ostree_repo_get_dfd(repository.get())));
  return transaction;
}

void Transaction::set_ref(const std::string& name, const Checksum& commit) {
  ostree_repo_transaction_set_ref(open_.get(), nullptr, name.c_str(), commit.str().c_str());
}

Result<void> Transaction::commit() {
  glib::ErrorSlot error;
  if (ostree_repo_commit_transaction(open_.get(), nullptr, nullptr, error) == FALSE)
    return error.take("committing the transaction");
  (void)open_.release();  // borrowed from the repository; nothing is left to abort
  return {};
}

void Transaction::Abort::operator()(OstreeRepo* repo) const noexcept {
  // What it could not clean up, the next transaction's clean-up finds.
  glib::ErrorSlot ignored;
  (void)ostree_repo_abort_transaction(repo, nullptr, ignored);
}

}  // namespace pivotd::ostree
