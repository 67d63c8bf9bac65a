#include "pivotd/unpack/layer_unpacker.h"

#include "pivotd/base/text.h"

#include "unpack/decompress.h"
#include "unpack/layer_walk.h"
#include "unpack/metering.h"

namespace pivotd::unpack {

namespace {

// Errors that say something about the image, which nobody may believe before the blob is verified.
bool is_a_verdict(Errc code) {
  return code == Errc::kInvalid || code == Errc::kUnsupported;
}

// Lets the streams above own what the layer's reader still needs once they are gone.
class Borrowed final : public ByteSource {
 public:
  explicit Borrowed(ByteSource& inner) : inner_(inner) {}
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override {
    return inner_.read(buffer, stop);
  }

 private:
  ByteSource& inner_;
};

class Unpacking {
 public:
  Unpacking(const Image& image, ImageSource& source, ObjectSink& sink, Observer& observer,
            const Limits& limits)
      : image_(image),
        source_(source),
        limits_(limits),
        meter_(observer, image->total_size()),
        walk_(sink, limits) {}

  Result<UnpackedImage> run(const Stop& stop) {
    const auto& layers = image_->layers;
    if (layers.size() > limits_.layers)
      return Error(Errc::kInvalid, concat("the image has ", layers.size(),
                                          " layers, more than the limit of ", limits_.layers));
    for (std::size_t index = 0; index < layers.size(); ++index) {
      TRY(unpack_layer(index, stop)
              .context(concat("layer ", index + 1, " of ", layers.size(), " '",
                              layers[index].digest.str(), "'")));
    }
    meter_.finish();
    auto unpacked = walk_.finish();
    unpacked.blob_bytes = meter_.done();
    return unpacked;
  }

 private:
  Result<void> unpack_layer(std::size_t index, const Stop& stop) {
    CountedBlob blob(TRY(source_.open_layer(image_, index, stop)), meter_);
    auto result = unpack_blob(blob, image_->layers[index].diff_id, stop);
    if (result.ok() || !is_a_verdict(result.error().code())) return result;
    TRY(drain(blob, stop));
    return result;
  }

  Result<void> unpack_blob(CountedBlob& blob, const Digest& diff_id, const Stop& stop) {
    auto inflated = TRY(decompress(std::make_unique<Borrowed>(blob), stop));
    auto guarded = std::make_unique<ExpansionGuard>(std::move(inflated), blob, total_, limits_);
    VerifiedSource tar(std::move(guarded), diff_id.value(), std::nullopt, "the uncompressed layer");
    TRY(walk_.walk(tar, stop));
    // Beyond the tar's own end: only at the streams' ends are DiffID and blob digest known.
    TRY(drain(tar, stop));
    TRY(drain(blob, stop));
    return {};
  }

  const Image& image_;
  ImageSource& source_;
  const Limits& limits_;
  ProgressMeter meter_;
  LayerWalk walk_;
  std::uint64_t total_ = 0;
};

}  // namespace

Result<UnpackedImage> LayerUnpacker::unpack(const Image& image, ImageSource& source,
                                            ObjectSink& sink, Observer& observer,
                                            const Stop& stop) {
  return Unpacking(image, source, sink, observer, limits_).run(stop);
}

}  // namespace pivotd::unpack
