#pragma once
// libostree's lock and transaction, let go by whoever leaves the scope.

#include <memory>
#include <set>
#include <string>

#include "ostree/repository.h"

namespace pivotd::ostree {

// The repository's shared lock: while it is held no prune can take away what was found to be there.
class SharedLock {
 public:
  // Waits as long as the repository's lock-timeout-secs says, then kBusy.
  static Result<SharedLock> acquire(const Repository& repository, const Stop& stop);

 private:
  struct Release {
    void operator()(OstreeRepo* repo) const noexcept;
  };
  explicit SharedLock(OstreeRepo* repo) : held_(repo) {}

  std::unique_ptr<OstreeRepo, Release> held_;
};

// A transaction, aborted unless it was committed. What was written stays staged then, but for what
// would be dangerous to keep: the next transaction of the same boot takes it over, any other
// removes it.
class Transaction {
 public:
  static Result<Transaction> begin(const Repository& repository, const Stop& stop);
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;
  ~Transaction();

  void set_ref(const std::string& name, const Checksum& commit);
  // Publishes these of the objects that were written, and forgets the others, an older
  // transaction's among them. Not cancelled: once publishing began, it ends.
  Result<void> commit(const std::set<ObjectName>& wanted);
  // Forgets all that was written.
  Result<void> discard();

 private:
  struct Open;
  explicit Transaction(std::unique_ptr<Open> open);

  std::unique_ptr<Open> open_;
};

}  // namespace pivotd::ostree
