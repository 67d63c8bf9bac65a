#pragma once
// A stream that can be looked at before it is consumed: decompressors need to know whether another
// member or frame follows.

#include <memory>
#include <vector>

#include "pivotd/base/bytes.h"

namespace pivotd::unpack {

class ReadAhead {
 public:
  explicit ReadAhead(std::unique_ptr<ByteSource> inner);

  // What is buffered: at least `wanted` bytes (at most kBlock), or fewer when the stream ends
  // there; empty at its end.
  Result<std::span<const std::byte>> peek(std::size_t wanted, const Stop& stop);
  // Steps over bytes that peek() showed.
  void consume(std::size_t count);

  static constexpr std::size_t kBlock = 128 * 1024;

 private:
  std::unique_ptr<ByteSource> inner_;
  std::vector<std::byte> block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace pivotd::unpack
