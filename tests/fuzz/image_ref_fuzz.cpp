// Any text as an image reference: what is accepted is kept as it is, and its parts make it up.

#include <cstdint>

#include "pivotd/base/bytes.h"
#include "pivotd/base/text.h"
#include "pivotd/model/image_ref.h"

using namespace pivotd;  // a fuzzer is one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text(std::as_bytes(std::span(data, size)));
  const auto image = ImageRef::parse(text);
  if (!image.ok()) {
    const auto message = image.error().message();
    PIVOTD_ASSERT(image.error().code() == Errc::kInvalid);
    PIVOTD_ASSERT(printable(message, 2000) == message);
    return 0;
  }
  const auto tag = image->tag() ? concat(":", *image->tag()) : std::string();
  PIVOTD_ASSERT(image->str() == text);
  PIVOTD_ASSERT(concat(image->host(), "/", image->path(), tag, "@", image->digest().str()) == text);
  PIVOTD_ASSERT(text.find("..") == std::string_view::npos ||
                image->path().find("..") == std::string::npos);
  const auto same = image->with_repository(image->repository());
  PIVOTD_ASSERT(same.ok() && *same == *image);
  return 0;
}
