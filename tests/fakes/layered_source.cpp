#include "fakes/layered_source.h"

#include <algorithm>

#include "pivotd/base/text.h"

namespace pivotd::fakes {

class LayeredSource::Blob final : public ByteSource {
 public:
  Blob(LayeredSource& source, std::size_t layer) : source_(source), layer_(layer) {}

  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override {
    TRY(check(stop));
    const auto number = source_.reads_++;
    if (source_.hook_) TRY(source_.hook_(number));
    TRY(check(stop));
    const auto& bytes = source_.layers_[layer_].bytes;
    const auto count = std::min({buffer.size(), source_.chunk_, bytes.size() - offset_});
    std::copy_n(as_bytes(bytes).begin() + static_cast<std::ptrdiff_t>(offset_), count,
                buffer.begin());
    if (const auto& place = source_.corrupted_; place && place->layer == layer_ &&
                                                place->offset >= offset_ &&
                                                place->offset < offset_ + count)
      buffer[place->offset - offset_] ^= std::byte{4};
    offset_ += count;
    return count;
  }

 private:
  LayeredSource& source_;
  std::size_t layer_;
  std::size_t offset_ = 0;
};

Image LayeredSource::make(std::vector<LayerBlob> layers, const std::optional<Checksum>& commit,
                          std::map<std::string, std::string> labels) {
  layers_ = std::move(layers);
  const auto digest = Digest::of(concat("image of ", layers_.size(), " layers"));
  const auto reference = ImageRef::parse(concat("registry.test/os@", digest.str()));
  ImageContent content{.reference = reference.value(),
                       .manifest = digest,
                       .config = digest,
                       .architecture = "amd64",
                       .labels = std::move(labels),
                       .commit = commit,
                       .layers = {}};
  for (const auto& layer : layers_)
    content.layers.push_back({.digest = Digest::of(layer.bytes),
                              .size = layer.bytes.size(),
                              .diff_id = layer.diff_id,
                              .media_type = "application/vnd.oci.image.layer.v1.tar",
                              .annotations = {}});
  return prove(std::move(content));
}

Result<Image> LayeredSource::resolve(const ImageRef& reference, const std::string& /*architecture*/,
                                     const Stop& /*stop*/) {
  return Error(Errc::kNotFound, concat("there is no image '", reference.str(), "'"));
}

Result<std::unique_ptr<ByteSource>> LayeredSource::open_layer(const Image& image, std::size_t index,
                                                              const Stop& stop) {
  TRY(check(stop));
  const auto& layer = image->layers[index];
  return std::unique_ptr<ByteSource>(
      std::make_unique<VerifiedSource>(std::make_unique<Blob>(*this, index), layer.digest.value(),
                                       layer.size, concat("blob '", layer.digest.str(), "'")));
}

}  // namespace pivotd::fakes
