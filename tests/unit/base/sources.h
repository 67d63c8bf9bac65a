#pragma once
// Streams that behave badly, for the tests of what reads them.

#include <string>
#include <utility>

#include "pivotd/base/bytes.h"

namespace pivotd::testing {

// One byte at a time.
class DripSource final : public ByteSource {
 public:
  explicit DripSource(std::string content) : inner_(std::move(content)) {}
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override {
    return inner_.read(buffer.first(1), stop);
  }

 private:
  MemorySource inner_;
};

inline Error broken() {
  return Error(Errc::kTransient, "connection reset");
}

// Its bytes, and then an error instead of the end.
class BrokenSource final : public ByteSource {
 public:
  explicit BrokenSource(std::string content) : inner_(std::move(content)) {}
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override {
    const auto count = TRY(inner_.read(buffer, stop));
    if (count == 0) return broken();
    return count;
  }

 private:
  MemorySource inner_;
};

}  // namespace pivotd::testing
