#pragma once
// A layer's tar, entry by entry (libarchive, tar only, nothing extracted). Every other file of this
// module sees names and types as this one says them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "pivotd/base/bytes.h"

namespace pivotd::unpack {

enum class EntryType { kFile, kDirectory, kSymbolicLink, kHardLink, kOther };

std::string_view describe(EntryType type);  // "a file", for errors

struct TarEntry {
  std::string name;  // as it stands in the tar
  EntryType type;
  std::uint64_t size;

  bool operator==(const TarEntry&) const = default;
};

class TarReader {
 public:
  // `tar` must outlive it; `stop` is asked at each read of it.
  TarReader(ByteSource& tar, Stop stop);
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;
  ~TarReader();

  // The next entry, stepping over what was not read of the last; none at the archive's end, which
  // is not the end of `tar`. kInvalid on what is no well-formed tar and on sparse files; errors of
  // `tar` as they are.
  Result<std::optional<TarEntry>> next();

  // The bytes of the entry that next() returned last, until next() is called again.
  ByteSource& content();

 private:
  struct Archive;
  class Content;

  std::unique_ptr<Archive> archive_;
  std::unique_ptr<Content> content_;
};

}  // namespace pivotd::unpack
