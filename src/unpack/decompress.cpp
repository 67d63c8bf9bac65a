#include "unpack/decompress.h"

#include <algorithm>
#include <array>

#include "pivotd/base/text.h"

#include "unpack/gzip_source.h"
#include "unpack/read_ahead.h"
#include "unpack/sticky_source.h"
#include "unpack/zstd_source.h"

namespace pivotd::unpack {

namespace {

using namespace std::string_view_literals;

struct Foreign {
  std::string_view magic;
  std::string_view name;
};

constexpr std::array kForeign{
    Foreign{"BZh"sv, "bzip2"},
    Foreign{"\xfd"
            "7zXZ\0"sv,
            "xz"},
    Foreign{"\x04\x22\x4d\x18"sv, "lz4"},
    Foreign{"\x02\x21\x4c\x18"sv, "lz4"},
    Foreign{"LZIP"sv, "lzip"},
    Foreign{"\x89LZO"sv, "lzop"},
    Foreign{"\x5d\0\0"sv, "lzma"},
    Foreign{"\x1f\x9d"sv, "compress (.Z)"},
    Foreign{"\x1f\xa0"sv, "compress (.Z)"},
    Foreign{"PK\x03\x04"sv, "zip"},
};

constexpr std::size_t kLongestMagic = 6;

class PlainSource final : public StickySource {
 public:
  explicit PlainSource(ReadAhead input) : input_(std::move(input)) {}

 private:
  Result<std::size_t> produce(std::span<std::byte> buffer, const Stop& stop) override {
    const auto input = TRY(input_.peek(1, stop));
    const auto count = std::min(buffer.size(), input.size());
    std::copy_n(input.begin(), count, buffer.begin());
    input_.consume(count);
    return count;
  }

  ReadAhead input_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> blob, const Stop& stop) {
  ReadAhead input(std::move(blob));
  const auto start = as_text(TRY(input.peek(kLongestMagic, stop)));
  using Source = std::unique_ptr<ByteSource>;
  if (is_gzip(start)) return Source(std::make_unique<GzipSource>(std::move(input)));
  if (is_zstd(start)) return Source(std::make_unique<ZstdSource>(std::move(input)));
  for (const auto& foreign : kForeign) {
    if (start.starts_with(foreign.magic))
      return Error(Errc::kUnsupported, concat("the layer is compressed with ", foreign.name,
                                              "; pivotd takes gzip, zstd and uncompressed layers"));
  }
  return Source(std::make_unique<PlainSource>(std::move(input)));
}

}  // namespace pivotd::unpack
