// A layer as a registry may send it: compressed bytes in, objects into a sink that forgets them.

#include <cstdint>

#include "pivotd/unpack/layer_unpacker.h"

namespace {

using namespace pivotd;

// The input, whatever its digest.
class FuzzSource final : public ImageSource {
 public:
  explicit FuzzSource(std::string blob) : blob_(std::move(blob)) {}

  Image image() const {
    const auto digest = Digest::of(blob_);
    ImageContent content{.reference = ImageRef::parse("fuzz.test/os@" + digest.str()).value(),
                         .manifest = digest,
                         .config = digest,
                         .architecture = "amd64",
                         .labels = {},
                         .commit = std::nullopt,
                         .layers = {}};
    // Twice, so that whiteouts have something below them. The DiffID is right for a plain tar only,
    // which is the input that is mutated best.
    for (int i = 0; i < 2; ++i)
      content.layers.push_back({.digest = digest,
                                .size = blob_.size(),
                                .diff_id = digest,
                                .media_type = "",
                                .annotations = {}});
    return prove(std::move(content));
  }
  Result<Image> resolve(const ImageRef& /*reference*/, const std::string& /*architecture*/,
                        const Stop& /*stop*/) override {
    return image();
  }
  Result<std::unique_ptr<ByteSource>> open_layer(const Image& /*image*/, std::size_t /*index*/,
                                                 const Stop& /*stop*/) override {
    return std::unique_ptr<ByteSource>(std::make_unique<MemorySource>(blob_));
  }

 private:
  std::string blob_;
};

class NullSink final : public ObjectSink {
 public:
  Result<bool> has(const ObjectName& /*name*/, const Stop& /*stop*/) override { return false; }
  Result<void> write(const ObjectName& /*name*/, std::uint64_t size, ByteSource& bytes,
                     const Stop& stop) override {
    // What an Unpacker promises: exactly that many bytes.
    PIVOTD_ASSERT(TRY(drain(bytes, stop)) == size);
    return {};
  }
};

class NullObserver final : public Observer {
 public:
  void on_phase(Phase /*phase*/, const std::string& /*sentence*/) override {}
  void on_progress(const Progress& /*progress*/) override {}
  void on_warning(const std::string& /*sentence*/) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Small limits, so that bombs end soon and the limits are tried too.
  const unpack::Limits limits{.entries = 1000,
                              .repository_entries = 100,
                              .entry_size = 1U << 20U,
                              .total_size = 4U << 20U,
                              .expansion_allowance = 1U << 20U};
  FuzzSource source(std::string(reinterpret_cast<const char*>(data), size));
  NullSink sink;
  NullObserver observer;
  (void)unpack::LayerUnpacker(limits).unpack(source.image(), source, sink, observer, Stop());
  return 0;
}
