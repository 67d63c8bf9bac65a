#include "ostree/transaction.h"

#include "pivotd/base/text.h"

#include "ostree/staging.h"

namespace pivotd::ostree {

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

struct Transaction::Open {
  Open(OstreeRepo* repo_, Staging staging_) : repo(repo_), staging(std::move(staging_)) {}
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  ~Open() {
    if (repo == nullptr) return;
    // What we fail to remove here is removed before anything is published again.
    (void)staging.remove_privileged();
    abort(repo);
  }

  static void abort(OstreeRepo* repo) {
    // What it could not clean up, the next transaction's clean-up finds.
    glib::ErrorSlot ignored;
    (void)ostree_repo_abort_transaction(repo, nullptr, ignored);
  }

  OstreeRepo* repo;  // nullptr once committed
  Staging staging;
};

Transaction::Transaction(std::unique_ptr<Open> open) : open_(std::move(open)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

Result<Transaction> Transaction::begin(const Repository& repository, const Stop& stop) {
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  if (ostree_repo_prepare_transaction(repository.get(), nullptr, cancellable.get(), error) == FALSE)
    return error.take("beginning a transaction");
  auto staging = Staging::find(repository);
  if (!staging.ok()) {
    Open::abort(repository.get());
    return std::move(staging).error();
  }
  Transaction transaction(std::make_unique<Open>(repository.get(), std::move(staging).value()));
  TRY(transaction.open_->staging.close_to_others());
  return transaction;
}

void Transaction::set_ref(const std::string& name, const Checksum& commit) {
  ostree_repo_transaction_set_ref(open_->repo, nullptr, name.c_str(), commit.str().c_str());
}

Result<void> Transaction::commit(const std::set<ObjectName>& wanted) {
  TRY(open_->staging.keep_only(wanted));
  glib::ErrorSlot error;
  if (ostree_repo_commit_transaction(open_->repo, nullptr, nullptr, error) == FALSE)
    return error.take("committing the transaction");
  open_->repo = nullptr;
  return {};
}

Result<void> Transaction::discard() {
  return open_->staging.remove_all();
}

}  // namespace pivotd::ostree
