#include "unpack/sticky_source.h"

namespace pivotd::unpack {

Result<std::size_t> StickySource::read(std::span<std::byte> buffer, const Stop& stop) {
  if (failure_) return *failure_;
  if (at_end_) return std::size_t{0};
  auto result = produce(buffer, stop);
  if (!result.ok())
    failure_ = result.error();
  else if (result.value() == 0)
    at_end_ = true;
  return result;
}

}  // namespace pivotd::unpack
