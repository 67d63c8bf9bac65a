#pragma once
// What every stream of this module shares: an error is final, and so is the end.

#include <optional>

#include "pivotd/base/bytes.h"

namespace pivotd::unpack {

class StickySource : public ByteSource {
 public:
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) final;

 private:
  // As read(), but never called again after an error or the end.
  virtual Result<std::size_t> produce(std::span<std::byte> buffer, const Stop& stop) = 0;

  std::optional<Error> failure_;
  bool at_end_ = false;
};

}  // namespace pivotd::unpack
