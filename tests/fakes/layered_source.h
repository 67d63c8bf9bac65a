#pragma once
// Images whose layers are bytes in memory, verified as a registry client verifies them, with
// faults where a test wants them.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pivotd/ports/image_source.h"
#include "pivotd/ports/observer.h"

namespace pivotd::fakes {

struct LayerBlob {
  std::string bytes;  // compressed as they are
  Digest diff_id;
};

class LayeredSource final : public ImageSource {
 public:
  // Called before the n-th read of a blob, counted from 0 over all layers; an error fails the read.
  using Hook = std::function<Result<void>(std::size_t read)>;

  void set_hook(Hook hook) { hook_ = std::move(hook); }
  // How many bytes a read gives at most.
  void set_chunk(std::size_t chunk) { chunk_ = chunk; }
  // Flips a bit of a byte on its way: the image's digests stay.
  void corrupt(std::size_t layer, std::size_t offset) { corrupted_ = {{layer, offset}}; }
  void heal() { corrupted_.reset(); }
  // Over the source's whole life.
  std::size_t reads() const { return reads_; }

  // An image of these layers, the bottom one first. Only the last one made can be read.
  Image make(std::vector<LayerBlob> layers, const std::optional<Checksum>& commit,
             std::map<std::string, std::string> labels = {});

  Result<Image> resolve(const ImageRef& reference, const std::string& architecture,
                        const Stop& stop) override;
  Result<std::unique_ptr<ByteSource>> open_layer(const Image& image, std::size_t index,
                                                 const Stop& stop) override;

 private:
  class Blob;

  struct Place {
    std::size_t layer;
    std::size_t offset;
  };

  std::vector<LayerBlob> layers_;
  Hook hook_;
  std::size_t chunk_ = 64 * 1024;
  std::optional<Place> corrupted_;
  std::size_t reads_ = 0;
};

// Hears everything and remembers the progress.
class ProgressObserver final : public Observer {
 public:
  void on_phase(Phase /*phase*/, const std::string& /*sentence*/) override {}
  void on_progress(const Progress& progress) override { heard.push_back(progress); }
  void on_warning(const std::string& /*sentence*/) override {}

  std::vector<Progress> heard;
};

}  // namespace pivotd::fakes
