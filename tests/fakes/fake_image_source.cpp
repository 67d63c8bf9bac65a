#include "fakes/fake_image_source.h"

#include "pivotd/base/text.h"

namespace pivotd::fakes {

void FakeImageSource::put(ImageContent content) {
  const auto digest = content.reference.digest();
  images_.insert_or_assign(digest, std::move(content));
}

Result<Image> FakeImageSource::resolve(const ImageRef& reference, const std::string& architecture,
                                       const Stop& stop) {
  TRY(check(stop));
  ++resolved_;
  if (failure_) return *std::exchange(failure_, std::nullopt);
  const auto found = images_.find(reference.digest());
  if (found == images_.end())
    return Error(Errc::kNotFound, concat("there is no image '", reference.str(), "'"));
  if (found->second.architecture != architecture)
    return Error(Errc::kUnsupported, "the image is for another machine");
  auto content = found->second;
  content.reference = reference;
  return prove(std::move(content));
}

Result<std::unique_ptr<ByteSource>> FakeImageSource::open_layer(const Image&, std::size_t,
                                                                const Stop&) {
  return Error(Errc::kInternal, "a fake image has no layers to read");
}

}  // namespace pivotd::fakes
