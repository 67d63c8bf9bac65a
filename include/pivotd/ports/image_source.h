#pragma once
// Where images come from: a registry, an OCI layout on a stick.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pivotd/base/bytes.h"
#include "pivotd/base/result.h"
#include "pivotd/base/stop.h"
#include "pivotd/model/digest.h"
#include "pivotd/model/image_ref.h"

namespace pivotd {

struct Layer {
  Digest digest;       // of the blob, compressed as it is
  std::uint64_t size;  // of the blob
  Digest diff_id;      // of the uncompressed tar
  std::string media_type;
  std::map<std::string, std::string> annotations;

  bool operator==(const Layer&) const = default;
};

struct ImageContent {
  ImageRef reference;  // what was asked for
  Digest manifest;  // the image manifest's own digest; not the reference's when that names an index
  Digest config;
  std::string architecture;  // in Go's names
  std::map<std::string, std::string> labels;
  std::optional<Checksum> commit;  // label com.coreos.ostree-commit
  std::vector<Layer> layers;       // bottom first

  std::uint64_t total_size() const;  // of all layer blobs
};

// Proof: the manifest and the config were had and hold what their digests say, and the image is for
// this host. Only an ImageSource can make one.
class Image {
 public:
  const ImageContent& content() const { return content_; }
  const ImageContent* operator->() const { return &content_; }

 private:
  friend class ImageSource;
  explicit Image(ImageContent content) : content_(std::move(content)) {}
  ImageContent content_;
};

class ImageSource {
 public:
  ImageSource() = default;
  ImageSource(const ImageSource&) = delete;
  ImageSource& operator=(const ImageSource&) = delete;
  virtual ~ImageSource() = default;

  // `architecture` (Go's name) chooses in an index and must be the image's. kIntegrity on wrong
  // digests or sizes, kInvalid on a manifest or config that is not an image's, kUnsupported on one
  // for another machine or of a kind pivotd does not take, kDenied, kNotFound, kTransient as the
  // registry says.
  virtual Result<Image> resolve(const ImageRef& reference, const std::string& architecture,
                                const Stop& stop) = 0;

  // The blob's bytes, compressed as they are. The end of the stream is reported only when size and
  // digest were right to the last byte; until then nothing that was read may be believed. The
  // source must outlive the stream.
  virtual Result<std::unique_ptr<ByteSource>> open_layer(const Image& image, std::size_t index,
                                                         const Stop& stop) = 0;

 protected:
  static Image prove(ImageContent content) { return Image(std::move(content)); }
};

}  // namespace pivotd
