#include "ostree/staging.h"

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pivotd/base/text.h"

namespace pivotd::ostree {

namespace {

constexpr std::string_view kPrefix = "staging-";
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { (void)closedir(directory); }
};

Result<std::vector<std::string>> names_in(int parent, const char* path) {
  const int directory_fd = openat(parent, path, kDirectory);
  const std::unique_ptr<DIR, CloseDirectory> directory(directory_fd < 0 ? nullptr
                                                                        : fdopendir(directory_fd));
  if (!directory) return errno_error(errno, concat("reading '", std::string_view(path), "'"));
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const auto* entry = readdir(directory.get());
    if (entry == nullptr && errno != 0)
      return errno_error(errno, concat("reading '", std::string_view(path), "'"));
    if (entry == nullptr) return names;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

using Identity = std::pair<dev_t, ino_t>;

// Every directory this process has open: one of them is the transaction's, which libostree does not
// tell the name of.
Result<std::set<Identity>> open_directories() {
  std::set<Identity> found;
  for (const auto& name : TRY(names_in(AT_FDCWD, "/proc/self/fd"))) {
    struct stat status {};
    if (stat(("/proc/self/fd/" + name).c_str(), &status) == 0 && S_ISDIR(status.st_mode))
      found.emplace(status.st_dev, status.st_ino);
  }
  return found;
}

std::optional<ObjectName> parse(const std::string& digits, const std::string& name) {
  constexpr std::size_t kRest = 62;
  if (name.size() <= kRest || name[kRest] != '.') return std::nullopt;
  const auto checksum = sha256_from_hex(digits + name.substr(0, kRest));
  if (!checksum) return std::nullopt;
  const auto extension = name.substr(kRest + 1);
  constexpr std::array<std::pair<std::string_view, ObjectKind>, 5> kExtensions{{
      {"file", ObjectKind::kFile},
      {"filez", ObjectKind::kFile},
      {"dirtree", ObjectKind::kDirTree},
      {"dirmeta", ObjectKind::kDirMeta},
      {"commit", ObjectKind::kCommit},
  }};
  for (const auto& [text, kind] : kExtensions) {
    if (extension == text) return ObjectName{Checksum(*checksum), kind};
  }
  return std::nullopt;
}

bool is_privileged(int directory, const std::string& name) {
  const Fd file(openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return errno != ELOOP;  // a link gives no rights; what cannot be looked at may
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return true;
  return (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
         fgetxattr(file.get(), "security.capability", nullptr, 0) > 0;
}

}  // namespace

Result<Staging> Staging::find(const Repository& repository) {
  const Fd tmp(openat(ostree_repo_get_dfd(repository.get()), "tmp", kDirectory));
  if (!tmp) return errno_error(errno, "opening the repository's 'tmp'");
  const auto ours = TRY(open_directories());
  for (const auto& name : TRY(names_in(tmp.get(), "."))) {
    if (!name.starts_with(kPrefix)) continue;
    Fd directory(openat(tmp.get(), name.c_str(), kDirectory));
    struct stat status {};
    if (directory && fstat(directory.get(), &status) == 0 &&
        ours.contains({status.st_dev, status.st_ino}))
      return Staging(std::move(directory));
  }
  return Staging(Fd());
}

Result<void> Staging::close_to_others() const {
  if (directory_ && fchmod(directory_.get(), S_IRWXU) != 0)
    return errno_error(errno, "closing the repository's staging directory to other users");
  return {};
}

Result<void> Staging::keep_only(const std::set<ObjectName>& wanted) const {
  return remove_if([&](int, const std::string& digits, const std::string& name) {
    const auto object = parse(digits, name);
    return !object || !wanted.contains(*object);
  });
}

Result<void> Staging::remove_all() const {
  return remove_if([](int, const std::string&, const std::string&) { return true; });
}

Result<void> Staging::remove_privileged() const {
  return remove_if([](int directory, const std::string&, const std::string& name) {
    return is_privileged(directory, name);
  });
}

Result<void> Staging::remove_if(const Unwanted& unwanted) const {
  if (!directory_) return {};
  for (const auto& digits : TRY(names_in(directory_.get(), "."))) {
    const Fd directory(openat(directory_.get(), digits.c_str(), kDirectory));
    if (!directory && (errno == ENOTDIR || errno == ELOOP)) continue;  // no object
    if (!directory) return errno_error(errno, concat("opening the staged '", digits, "'"));
    for (const auto& name : TRY(names_in(directory.get(), "."))) {
      if (!unwanted(directory.get(), digits, name)) continue;
      if (unlinkat(directory.get(), name.c_str(), 0) != 0)
        return errno_error(errno, concat("removing the staged '", digits, '/', name, "'"));
    }
  }
  return {};
}

}  // namespace pivotd::ostree
