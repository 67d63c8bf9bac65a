#pragma once
// Whole small files, read with a limit and written so that a power cut leaves the old or the new
// one, never a torn one.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "pivotd/base/fd.h"
#include "pivotd/base/result.h"

namespace pivotd {

// The content of a regular file (symbolic links are followed); kInvalid when it is larger than
// `limit` bytes or is not a regular file, kNotFound when it does not exist. Works for files of
// /proc too.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

// As read_file, but an absent file is no error.
Result<std::optional<std::string>> read_file_if_exists(const std::filesystem::path& path,
                                                       std::uint64_t limit);

enum class Durability {
  kPowerCut,     // synced, file and directory: survives a power cut
  kProcessOnly,  // atomic for readers, but not synced: for /run
};

// Writes beside, (syncs,) renames over `path`, (syncs the directory). On an error the old file is
// as it was and nothing is left beside it.
Result<void> replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode,
                          Durability durability);

// Makes a name's creation, renaming or removal in `directory` survive a power cut.
Result<void> sync_directory(const std::filesystem::path& directory);

// A held advisory lock; let go when it is destroyed or the process ends.
class FileLock {
 public:
  // kBusy when another process holds it. Creates the file (0600) and its directory's last component
  // (0700) as needed.
  static Result<FileLock> acquire(const std::filesystem::path& path);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace pivotd
