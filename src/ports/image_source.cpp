#include "pivotd/ports/image_source.h"

namespace pivotd {

std::uint64_t ImageContent::total_size() const {
  std::uint64_t total = 0;
  for (const auto& layer : layers) total += layer.size;
  return total;
}

}  // namespace pivotd
