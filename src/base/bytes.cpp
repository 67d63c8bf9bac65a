#include "pivotd/base/bytes.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {
constexpr std::size_t kBlock = 64 * 1024;
}

Result<std::size_t> MemorySource::read(std::span<std::byte> buffer, const Stop& stop) {
  TRY(check(stop));
  const auto count = std::min(buffer.size(), content_.size() - offset_);
  std::memcpy(buffer.data(), content_.data() + offset_, count);
  offset_ += count;
  return count;
}

Result<std::string> read_all(ByteSource& source, std::uint64_t limit, std::string_view what,
                             const Stop& stop) {
  std::string content;
  std::vector<std::byte> block(kBlock);
  for (;;) {
    const auto count = TRY(source.read(block, stop));
    if (count == 0) return content;
    if (content.size() + count > limit)
      return Error(Errc::kInvalid, concat(what, " is larger than the limit of ", limit, " bytes"));
    content += as_text(std::span(block).first(count));
  }
}

Result<std::uint64_t> drain(ByteSource& source, const Stop& stop) {
  std::uint64_t total = 0;
  std::vector<std::byte> block(kBlock);
  for (;;) {
    const auto count = TRY(source.read(block, stop));
    if (count == 0) return total;
    total += count;
  }
}

}  // namespace pivotd
