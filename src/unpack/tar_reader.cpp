#include "unpack/tar_reader.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

#include "pivotd/base/text.h"

#include "unpack/sticky_source.h"

namespace pivotd::unpack {

namespace {

constexpr std::size_t kBlock = 256 * 1024;
// What libarchive sets for text it cannot convert; the macro is not public.
constexpr int kForeignText = EILSEQ;

struct FreeArchive {
  void operator()(archive* handle) const noexcept { (void)archive_read_free(handle); }
};

struct Input {
  ByteSource& tar;
  Stop stop;
  std::vector<std::byte> block = std::vector<std::byte>(kBlock);
  std::optional<Error> failure = std::nullopt;
};

la_ssize_t read_block(archive* handle, void* context, const void** block) noexcept {
  auto& input = *static_cast<Input*>(context);
  auto count = input.tar.read(input.block, input.stop);
  if (!count.ok()) {
    input.failure = std::move(count).error();
    archive_set_error(handle, EIO, "the stream failed");
    return ARCHIVE_FATAL;
  }
  *block = input.block.data();
  return static_cast<la_ssize_t>(count.value());
}

EntryType type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return EntryType::kHardLink;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return EntryType::kFile;
    case AE_IFDIR:
      return EntryType::kDirectory;
    case AE_IFLNK:
      return EntryType::kSymbolicLink;
    default:
      return EntryType::kOther;
  }
}

}  // namespace

std::string_view describe(EntryType type) {
  switch (type) {
    case EntryType::kFile:
      return "a file";
    case EntryType::kDirectory:
      return "a directory";
    case EntryType::kSymbolicLink:
      return "a symbolic link";
    case EntryType::kHardLink:
      return "a hard link";
    case EntryType::kOther:
      return "a device, pipe or socket";
  }
  return "of no known type";
}

struct TarReader::Archive {
  Archive(ByteSource& tar, Stop stop) : input{.tar = tar, .stop = std::move(stop)} {}

  Error explain(std::string_view doing) const {
    if (input.failure) return *input.failure;
    const char* reason = archive_error_string(handle.get());
    return {Errc::kInvalid,
            concat(doing, ": ", reason != nullptr ? printable(reason) : std::string("no reason"))};
  }

  Input input;
  std::unique_ptr<archive, FreeArchive> handle{archive_read_new()};
  bool opened = false;
};

class TarReader::Content final : public StickySource {
 public:
  Content(Archive& archive, std::uint64_t size) : archive_(archive), left_(size) {}

 private:
  Result<std::size_t> produce(std::span<std::byte> buffer, const Stop& stop) override {
    TRY(check(stop));
    if (block_.empty()) TRY(next_block());
    const auto count = std::min(buffer.size(), block_.size());
    std::copy_n(block_.begin(), count, buffer.begin());
    block_ = block_.subspan(count);
    return count;
  }

  // Leaves `block_` empty at the end of the entry.
  Result<void> next_block() {
    while (block_.empty()) {
      const void* data = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(archive_.handle.get(), &data, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK) return archive_.explain("reading the tar");
      if (size > left_ || offset != next_offset_)
        return Error(Errc::kInvalid, "the tar has a file that is not as long as its header says");
      left_ -= size;
      next_offset_ += static_cast<la_int64_t>(size);
      block_ = {static_cast<const std::byte*>(data), size};
    }
    if (block_.empty() && left_ > 0)
      return Error(Errc::kInvalid, "the tar has a file that is shorter than its header says");
    return {};
  }

  Archive& archive_;
  std::uint64_t left_;
  la_int64_t next_offset_ = 0;
  std::span<const std::byte> block_;
};

TarReader::TarReader(ByteSource& tar, Stop stop)
    : archive_(std::make_unique<Archive>(tar, std::move(stop))) {
  auto* handle = archive_->handle.get();
  PIVOTD_ASSERT(handle != nullptr);
  PIVOTD_ASSERT(archive_read_support_format_tar(handle) == ARCHIVE_OK);
  // A tar without a single byte is what some builders write for an empty layer.
  PIVOTD_ASSERT(archive_read_support_format_empty(handle) == ARCHIVE_OK);
}

TarReader::~TarReader() = default;

Result<std::optional<TarEntry>> TarReader::next() {
  content_.reset();
  auto* handle = archive_->handle.get();
  if (!std::exchange(archive_->opened, true) &&
      archive_read_open(handle, &archive_->input, nullptr, read_block, nullptr) != ARCHIVE_OK)
    return archive_->explain("reading the tar");
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(handle, &entry);
  if (status == ARCHIVE_EOF && !archive_->input.failure) return std::optional<TarEntry>();
  // A name that the process's locale has no characters for is a name all the same: libarchive warns
  // and gives its bytes. Any other warning is a header that it guessed at, and another reader may
  // guess something else.
  const bool is_foreign_name = status == ARCHIVE_WARN && archive_errno(handle) == kForeignText;
  if (status != ARCHIVE_OK && !is_foreign_name) return archive_->explain("reading the tar");
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) return Error(Errc::kInvalid, "the tar has an entry without a name");
  const auto size = archive_entry_size(entry);
  if (size < 0)
    return Error(Errc::kInvalid,
                 concat("the tar's entry '", printable(name), "' has a negative size"));
  if (archive_entry_sparse_count(entry) > 0)
    return Error(Errc::kInvalid, concat("the tar's entry '", printable(name),
                                        "' is a sparse file, which no layer should have"));
  const TarEntry found{
      .name = name, .type = type_of(entry), .size = static_cast<std::uint64_t>(size)};
  content_ = std::make_unique<Content>(*archive_, found.size);
  return std::optional<TarEntry>(found);
}

ByteSource& TarReader::content() {
  PIVOTD_ASSERT(content_ != nullptr);
  return *content_;
}

}  // namespace pivotd::unpack
