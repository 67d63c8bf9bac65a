#pragma once
// zstd, frame after frame. Skippable frames are stepped over without being held, however large they
// say they are; zstd:chunked layers end in some.

#include <memory>
#include <string_view>

#include "unpack/read_ahead.h"
#include "unpack/sticky_source.h"

namespace pivotd::unpack {

// A data frame's magic or a skippable frame's: pzstd and the seekable format begin with the latter.
bool is_zstd(std::string_view start);

class ZstdSource final : public StickySource {
 public:
  explicit ZstdSource(ReadAhead input);
  ~ZstdSource() override;

 private:
  struct Context;

  Result<std::size_t> produce(std::span<std::byte> buffer, const Stop& stop) override;
  Result<void> begin_frame(const Stop& stop);
  Result<std::size_t> decompress_some(std::span<const std::byte> input,
                                      std::span<std::byte> buffer);

  ReadAhead input_;
  std::unique_ptr<Context> context_;
  bool in_frame_ = false;
};

}  // namespace pivotd::unpack
