#include "unpack/gzip_source.h"

#include <algorithm>
#include <limits>

#include <zlib.h>

#include "pivotd/base/text.h"

namespace pivotd::unpack {

namespace {

constexpr std::string_view kMagic = "\x1f\x8b";
constexpr int kGzipOnly = 15 + 16;  // the largest window, and zlib's sign for "gzip, not zlib"

unsigned int chunk(std::size_t size) {
  constexpr std::size_t kLargest = std::numeric_limits<unsigned int>::max();
  return static_cast<unsigned int>(std::min(size, kLargest));
}

}  // namespace

bool is_gzip(std::string_view start) {
  return start.starts_with(kMagic);
}

struct GzipSource::Inflater {
  Inflater() { PIVOTD_ASSERT(inflateInit2(&stream, kGzipOnly) == Z_OK); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { (void)inflateEnd(&stream); }

  z_stream stream{};
};

GzipSource::GzipSource(ReadAhead input)
    : input_(std::move(input)), inflater_(std::make_unique<Inflater>()) {}

GzipSource::~GzipSource() = default;

Result<std::size_t> GzipSource::produce(std::span<std::byte> buffer, const Stop& stop) {
  for (;;) {
    const auto input = TRY(input_.peek(1, stop));
    if (input.empty()) {
      if (!in_member_) return std::size_t{0};
      return Error(Errc::kIntegrity, "the gzip stream ends in the middle of a member");
    }
    if (!in_member_) {
      TRY(begin_member(stop));
      continue;
    }
    const auto count = TRY(inflate_some(input, buffer));
    if (count > 0) return count;
  }
}

Result<void> GzipSource::begin_member(const Stop& stop) {
  if (!is_gzip(as_text(TRY(input_.peek(kMagic.size(), stop)))))
    return Error(Errc::kIntegrity, "bytes that are not gzip follow the gzip stream");
  PIVOTD_ASSERT(inflateReset(&inflater_->stream) == Z_OK);
  in_member_ = true;
  return {};
}

Result<std::size_t> GzipSource::inflate_some(std::span<const std::byte> input,
                                             std::span<std::byte> buffer) {
  auto& stream = inflater_->stream;
  const auto offered = chunk(input.size());
  const auto room = chunk(buffer.size());
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
  stream.avail_in = offered;
  stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
  stream.avail_out = room;
  const int status = inflate(&stream, Z_NO_FLUSH);
  input_.consume(offered - stream.avail_in);
  if (status == Z_STREAM_END) {
    in_member_ = false;
  } else if (status == Z_MEM_ERROR) {
    return Error(Errc::kHost, "out of memory while inflating");
  } else if (status != Z_OK) {
    return Error(Errc::kIntegrity,
                 concat("the gzip stream is damaged: ",
                        stream.msg != nullptr ? stream.msg : "it makes no progress"));
  }
  return std::size_t{room - stream.avail_out};
}

}  // namespace pivotd::unpack
