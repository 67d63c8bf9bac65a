#pragma once
// gzip, member after member, as RFC 1952 allows: eStargz and pigz layers have thousands. zlib
// checks each member's CRC and length; we check that nothing else follows the last.

#include <memory>
#include <string_view>

#include "unpack/read_ahead.h"
#include "unpack/sticky_source.h"

namespace pivotd::unpack {

bool is_gzip(std::string_view start);

class GzipSource final : public StickySource {
 public:
  explicit GzipSource(ReadAhead input);
  ~GzipSource() override;

 private:
  struct Inflater;

  Result<std::size_t> produce(std::span<std::byte> buffer, const Stop& stop) override;
  Result<void> begin_member(const Stop& stop);
  Result<std::size_t> inflate_some(std::span<const std::byte> input, std::span<std::byte> buffer);

  ReadAhead input_;
  std::unique_ptr<Inflater> inflater_;
  bool in_member_ = false;
};

}  // namespace pivotd::unpack
