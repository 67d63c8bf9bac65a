#pragma once
// A registry in memory: images by digest, without layers to read.

#include <functional>
#include <map>
#include <string_view>

#include "pivotd/ports/image_source.h"

namespace pivotd::fakes {

class FakeImageSource final : public ImageSource {
 public:
  void put(ImageContent content);
  // The next resolve() fails with this.
  void fail_next(Error error) { failure_ = std::move(error); }
  int resolved() const { return resolved_; }

  Result<Image> resolve(const ImageRef& reference, const std::string& architecture,
                        const Stop& stop) override;
  Result<std::unique_ptr<ByteSource>> open_layer(const Image& image, std::size_t index,
                                                 const Stop& stop) override;

 private:
  std::map<Digest, ImageContent> images_;
  std::optional<Error> failure_;
  int resolved_ = 0;
};

}  // namespace pivotd::fakes
