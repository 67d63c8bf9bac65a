#include "pivotd/base/files.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

constexpr std::size_t kBlock = 64 * 1024;

std::string quoted(std::string_view verb, const std::filesystem::path& path) {
  return concat(verb, " '", path.string(), "'");
}

Result<Fd> open_at(const std::filesystem::path& path, int flags, mode_t mode = 0) {
  const int number = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (number < 0) return errno_error(errno, quoted("opening", path));
  return Fd(number);
}

Result<void> write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error(errno, "writing");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Removes the name unless it has been renamed into place.
class TemporaryName {
 public:
  explicit TemporaryName(std::string path) : path_(std::move(path)) {}
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName() {
    if (!path_.empty()) (void)::unlink(path_.c_str());  // the error being returned says more
  }
  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::string path_;
};

Result<void> write_beside(const std::string& path, std::string_view content, mode_t mode,
                          Durability durability) {
  const auto fd = TRY(open_at(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode));
  if (::fchmod(fd.get(), mode) != 0) return errno_error(errno, quoted("setting the mode of", path));
  TRY(write_all(fd.get(), content).context(quoted("writing", path)));
  if (durability == Durability::kPowerCut && ::fsync(fd.get()) != 0)
    return errno_error(errno, quoted("syncing", path));
  return {};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const auto fd = TRY(open_at(path, O_RDONLY | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error(errno, quoted("examining", path));
  if (!S_ISREG(status.st_mode))
    return Error(Errc::kInvalid, concat("'", path.string(), "' is not a regular file"));
  std::string content;
  std::string block(kBlock, '\0');
  for (;;) {
    const auto count = ::read(fd.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error(errno, quoted("reading", path));
    if (count == 0) return content;
    content.append(block, 0, static_cast<std::size_t>(count));
    if (content.size() > limit)
      return Error(Errc::kInvalid,
                   concat("'", path.string(), "' is larger than the limit of ", limit, " bytes"));
  }
}

Result<std::optional<std::string>> read_file_if_exists(const std::filesystem::path& path,
                                                       std::uint64_t limit) {
  auto content = read_file(path, limit);
  if (!content.ok() && content.error().code() == Errc::kNotFound)
    return std::optional<std::string>();
  return std::optional<std::string>(TRY(std::move(content)));
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode,
                          Durability durability) {
  // One writer a file (the instance lock), so a fixed name beside it is safe and a left-over is
  // overwritten next time.
  TemporaryName temporary(path.string() + ".new");
  TRY(write_beside(temporary.path(), content, mode, durability));
  if (::rename(temporary.path().c_str(), path.c_str()) != 0)
    return errno_error(errno, quoted("renaming into place", path));
  temporary.keep();
  if (durability == Durability::kPowerCut) TRY(sync_directory(path.parent_path()));
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const auto fd = TRY(open_at(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return errno_error(errno, quoted("syncing", directory));
  return {};
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path) {
  (void)::mkdir(path.parent_path().c_str(), 0700);  // open() below says why, if it matters
  auto fd = TRY(open_at(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return Error(Errc::kBusy, concat("another pivotd is running (it holds '", path.string(),
                                       "'): use it, or stop it first"));
    return errno_error(errno, quoted("locking", path));
  }
  return FileLock(std::move(fd));
}

}  // namespace pivotd
