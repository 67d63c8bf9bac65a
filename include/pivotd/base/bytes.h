#pragma once
// Byte streams, pull style: the reader decides the pace, so nothing is buffered that nobody asked
// for.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "pivotd/base/result.h"
#include "pivotd/base/stop.h"

namespace pivotd {

class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  // Fills some of `buffer` (which is not empty) and says how much; 0 is the end of the stream, and
  // stays it. An error is final: the next call has the same error.
  virtual Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) = 0;
};

// A stream over bytes it owns.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string content) : content_(std::move(content)) {}
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override;

 private:
  std::string content_;
  std::size_t offset_ = 0;
};

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The whole stream; kInvalid naming `what` when it is longer than `limit` bytes.
Result<std::string> read_all(ByteSource& source, std::uint64_t limit, std::string_view what,
                             const Stop& stop);
// Reads to the end and throws the bytes away; says how many there were.
Result<std::uint64_t> drain(ByteSource& source, const Stop& stop);

}  // namespace pivotd
