#include "unpack/read_ahead.h"

#include <algorithm>

namespace pivotd::unpack {

ReadAhead::ReadAhead(std::unique_ptr<ByteSource> inner)
    : inner_(std::move(inner)), block_(kBlock) {}

Result<std::span<const std::byte>> ReadAhead::peek(std::size_t wanted, const Stop& stop) {
  PIVOTD_ASSERT(wanted <= block_.size());
  while (end_ - begin_ < wanted) {
    if (begin_ > 0) {
      std::copy(block_.begin() + static_cast<std::ptrdiff_t>(begin_),
                block_.begin() + static_cast<std::ptrdiff_t>(end_), block_.begin());
      end_ -= std::exchange(begin_, 0);
    }
    const auto count = TRY(inner_->read(std::span(block_).subspan(end_), stop));
    if (count == 0) break;
    end_ += count;
  }
  return std::span<const std::byte>(block_).subspan(begin_, end_ - begin_);
}

void ReadAhead::consume(std::size_t count) {
  PIVOTD_ASSERT(count <= end_ - begin_);
  begin_ += count;
}

}  // namespace pivotd::unpack
