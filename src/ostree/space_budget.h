#pragma once
// How much a transaction may write. libostree keeps its own account of this (min-free-space) and
// reports an overdraft as a failure like any other, told apart by its text alone; we keep the same
// account, so that a full disk is known as one.

#include <cstdint>

#include "pivotd/base/result.h"

#include "ostree/repository.h"

namespace pivotd::ostree {

class SpaceBudget {
 public:
  // To be made as the transaction begins, as libostree does.
  static Result<SpaceBudget> measure(const Repository& repository);

  // A content object of so many bytes is about to be written.
  void spend(std::uint64_t size);

  // `error`, which the last write gave; kNoSpace where there was no room for it.
  Error explain(Error error, const Repository& repository) const;

 private:
  SpaceBudget(std::uint64_t block, std::uint64_t blocks) : block_(block), left_(blocks) {}

  std::uint64_t block_;
  std::uint64_t left_;
  bool overdrawn_ = false;
};

}  // namespace pivotd::ostree
