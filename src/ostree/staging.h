#pragma once
// Where libostree keeps a transaction's objects until it is committed: 'tmp/staging-<boot>-...'.
//
// Until the last byte of a layer was verified, its objects are whatever somebody on the way to the
// registry wanted, set-user-id programs included. Each is what its name says, so nothing refers to
// a wrong one; but libostree stages them where every local user may go, keeps them for the next
// transaction, whoever's it is, and publishes all of them with it. So the directory is closed to
// others, and what did not turn out to be wanted is removed.
//
// Where the administrator turned core.fsync off or core.per-object-fsync on, libostree stages
// nothing, and there is nothing for us to do.

#include <functional>
#include <set>
#include <string>

#include "pivotd/base/fd.h"

#include "ostree/repository.h"

namespace pivotd::ostree {

class Staging {
 public:
  // The directory of the transaction that the repository is in.
  static Result<Staging> find(const Repository& repository);

  Result<void> close_to_others() const;

  // Removes every object but these.
  Result<void> keep_only(const std::set<ObjectName>& wanted) const;
  // Removes everything: it came with content that was proven wrong.
  Result<void> remove_all() const;
  // Removes what gives rights to whoever runs it (set-user-id, set-group-id, capabilities). The
  // rest may stay for the next attempt.
  Result<void> remove_privileged() const;

 private:
  explicit Staging(Fd directory) : directory_(std::move(directory)) {}

  // The directory of objects that begin with two digits, and the rest of an object's path.
  using Unwanted =
      std::function<bool(int directory, const std::string& digits, const std::string& name)>;
  Result<void> remove_if(const Unwanted& unwanted) const;

  Fd directory_;  // none where libostree stages nothing
};

}  // namespace pivotd::ostree
