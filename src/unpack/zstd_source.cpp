#include "unpack/zstd_source.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "pivotd/base/text.h"

namespace pivotd::unpack {

namespace {

constexpr std::size_t kMagicSize = 4;
// 128 MiB, what `zstd --long` writes and every container tool reads; more is a memory bomb.
constexpr int kWindowLogMax = 27;

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { (void)ZSTD_freeDCtx(context); }
};

Error explain(std::size_t code) {
  switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_dictionary_wrong:
      return {Errc::kUnsupported, "the zstd stream needs a dictionary, which no layer may"};
    case ZSTD_error_frameParameter_windowTooLarge:
      return {Errc::kUnsupported, "the zstd stream needs a window of more than 128 MiB"};
    case ZSTD_error_memory_allocation:
      return {Errc::kHost, "out of memory while decompressing zstd"};
    default:
      return {Errc::kIntegrity,
              concat("the zstd stream is damaged: ", std::string_view(ZSTD_getErrorName(code)))};
  }
}

}  // namespace

bool is_zstd(std::string_view start) {
  if (start.size() < kMagicSize) return false;
  if (start.starts_with("\x28\xb5\x2f\xfd")) return true;
  return (static_cast<unsigned char>(start[0]) & 0xf0U) == 0x50U &&
         start.substr(1).starts_with("\x2a\x4d\x18");
}

struct ZstdSource::Context {
  Context() : zstd(ZSTD_createDCtx()) {
    PIVOTD_ASSERT(zstd != nullptr);
    PIVOTD_ASSERT(
        ZSTD_isError(ZSTD_DCtx_setParameter(zstd.get(), ZSTD_d_windowLogMax, kWindowLogMax)) == 0);
  }

  std::unique_ptr<ZSTD_DCtx, FreeContext> zstd;
};

ZstdSource::ZstdSource(ReadAhead input)
    : input_(std::move(input)), context_(std::make_unique<Context>()) {}

ZstdSource::~ZstdSource() = default;

Result<std::size_t> ZstdSource::produce(std::span<std::byte> buffer, const Stop& stop) {
  for (;;) {
    const auto input = TRY(input_.peek(1, stop));
    if (!in_frame_) {
      if (input.empty()) return std::size_t{0};
      TRY(begin_frame(stop));
      continue;
    }
    // Without input too: what did not fit the last buffer is still to be had.
    const auto count = TRY(decompress_some(input, buffer));
    if (count > 0) return count;
    if (input.empty() && in_frame_)
      return Error(Errc::kIntegrity, "the zstd stream ends in the middle of a frame");
  }
}

Result<void> ZstdSource::begin_frame(const Stop& stop) {
  if (!is_zstd(as_text(TRY(input_.peek(kMagicSize, stop)))))
    return Error(Errc::kIntegrity, "bytes that are not zstd follow the zstd stream");
  in_frame_ = true;
  return {};
}

Result<std::size_t> ZstdSource::decompress_some(std::span<const std::byte> input,
                                                std::span<std::byte> buffer) {
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
  const auto status = ZSTD_decompressStream(context_->zstd.get(), &out, &in);
  input_.consume(in.pos);
  if (ZSTD_isError(status) != 0) return explain(status);
  if (status == 0) in_frame_ = false;
  return out.pos;
}

}  // namespace pivotd::unpack
