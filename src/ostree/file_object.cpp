#include "ostree/file_object.h"

#include <algorithm>
#include <array>
#include <vector>

#include <ostree.h>

#include "pivotd/base/text.h"

namespace pivotd::ostree {

namespace {

constexpr std::size_t kFraming = 8;  // the header's size, big endian, and padding
// Deflate cannot expand further; a header that promises more would make us reserve a disk for it.
constexpr std::uint64_t kLargestRatio = 1032;

Error damaged(std::string_view problem) {
  return {Errc::kIntegrity, std::string(problem)};
}

std::uint32_t big_endian(const std::array<std::byte, kFraming>& framing) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | std::to_integer<std::uint32_t>(framing[i]);
  return value;
}

}  // namespace

// The .filez with its framing looked at: libostree allocates what the framing says.
class FileObject::Framed final : public ByteSource {
 public:
  explicit Framed(ByteSource& inner) : inner_(inner) {}

  Result<void> check(std::uint64_t size, const Stop& stop) {
    std::size_t filled = 0;
    while (filled < kFraming) {
      const auto count = TRY(inner_.read(std::span(framing_).subspan(filled), stop));
      if (count == 0) return damaged("it ends within its header");
      filled += count;
    }
    const std::uint64_t header = big_endian(framing_);
    if (header == 0 || header > OSTREE_MAX_METADATA_SIZE || header + kFraming > size)
      return damaged("its header has an impossible size");
    return {};
  }

  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override {
    if (given_ == kFraming) return inner_.read(buffer, stop);
    const auto count = std::min(buffer.size(), kFraming - given_);
    std::copy_n(framing_.begin() + static_cast<std::ptrdiff_t>(given_), count, buffer.begin());
    given_ += count;
    return count;
  }

 private:
  ByteSource& inner_;
  std::array<std::byte, kFraming> framing_{};
  std::size_t given_ = 0;
};

FileObject::FileObject(std::unique_ptr<Framed> filez, const Checksum& expected)
    : filez_(std::move(filez)), expected_(expected) {}

FileObject::~FileObject() = default;

Result<std::unique_ptr<FileObject>> FileObject::open(const ObjectName& name, std::uint64_t size,
                                                     ByteSource& filez, const Stop& stop) {
  auto framed = std::make_unique<Framed>(filez);
  TRY(framed->check(size, stop));
  std::unique_ptr<FileObject> object(new FileObject(std::move(framed), name.checksum));
  TRY(object->parse(size, stop));
  return object;
}

Result<void> FileObject::parse(std::uint64_t size, const Stop& stop) {
  const auto stream = make_stream(*filez_, stop, failure_);
  const glib::Cancellable cancellable(stop);
  glib::Object<GInputStream> content;
  glib::Object<GFileInfo> info;
  glib::Variant xattrs;
  glib::ErrorSlot error;
  if (ostree_content_stream_parse(TRUE, stream.get(), size, FALSE, glib::out(content),
                                  glib::out(info), glib::out(xattrs), cancellable.get(),
                                  error) == FALSE) {
    if (failure_.error) return *failure_.error;
    return error.take("reading its header", Errc::kIntegrity);
  }
  content_size_ = static_cast<std::uint64_t>(g_file_info_get_size(info.get()));
  if (content_size_ / kLargestRatio > size)  // a negative size is a huge one here
    return damaged("it claims a size that its bytes cannot hold");
  if (content == nullptr && content_size_ != 0)
    return damaged("it is a link, but claims a content");
  if (ostree_raw_file_to_content_stream(content.get(), info.get(), xattrs.get(),
                                        glib::out(content_form_), &length_, cancellable.get(),
                                        error) == FALSE)
    return error.take("making its content stream", Errc::kInternal);
  return {};
}

Result<std::size_t> FileObject::read(std::span<std::byte> buffer, const Stop& stop) {
  TRY(check(stop));
  if (given_ == length_) return std::size_t{0};
  const auto room =
      static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), length_ - given_));
  const auto count = TRY(read_inner(buffer.first(room)));
  if (count == 0) return damaged("its content is shorter than its header says");
  hash_.update(buffer.first(count));
  given_ += count;
  if (given_ == length_) TRY(check_whole());
  return count;
}

Result<std::size_t> FileObject::read_inner(std::span<std::byte> buffer) {
  glib::ErrorSlot error;
  // Without a cancellable: what may block is our own stream, which asks `stop`.
  const auto count =
      g_input_stream_read(content_form_.get(), buffer.data(), buffer.size(), nullptr, error);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (failure_.error) return *failure_.error;
  return error.take("inflating its content", Errc::kIntegrity);
}

Result<void> FileObject::check_whole() {
  std::array<std::byte, 1> beyond{};
  if (TRY(read_inner(beyond)) != 0) return damaged("its content is longer than its header says");
  const auto found = hash_.finish();
  if (Checksum(found) != expected_)
    return damaged(concat("its content has the sha256 '", to_hex(found), "'"));
  return {};
}

}  // namespace pivotd::ostree
