#pragma once
// A file object on its way from the form of an archive repository ('.filez': a header, then
// deflate) to the form its name is the sha256 of (another header, then the content).

#include <cstdint>
#include <memory>

#include "pivotd/base/sha256.h"
#include "pivotd/glib/gptr.h"
#include "pivotd/ports/object_sink.h"

#include "ostree/byte_stream.h"

namespace pivotd::ostree {

class FileObject final : public ByteSource {
 public:
  // `size` is that of `filez`, which must outlive the object, as must `stop`. kIntegrity when the
  // header cannot be an object's.
  static Result<std::unique_ptr<FileObject>> open(const ObjectName& name, std::uint64_t size,
                                                  ByteSource& filez, const Stop& stop);

  ~FileObject() override;

  std::uint64_t content_size() const { return content_size_; }
  // Of the content form: header and content.
  std::uint64_t length() const { return length_; }

  // The content form, exactly length() bytes. The last of them are given only when the whole had
  // the name's sha256 and the content ended with them; otherwise kIntegrity. So who got length()
  // bytes got the object.
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override;

 private:
  class Framed;

  FileObject(std::unique_ptr<Framed> filez, const Checksum& expected);

  Result<void> parse(std::uint64_t size, const Stop& stop);
  Result<std::size_t> read_inner(std::span<std::byte> buffer);
  Result<void> check_whole();

  std::unique_ptr<Framed> filez_;
  StreamFailure failure_;
  glib::Object<GInputStream> content_form_;
  Checksum expected_;
  Sha256 hash_;
  std::uint64_t content_size_ = 0;
  std::uint64_t length_ = 0;
  std::uint64_t given_ = 0;
};

}  // namespace pivotd::ostree
