#include "pivotd/host/file_journal.h"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

namespace pivotd::host {

namespace {

constexpr std::uint64_t kMaxRecord = 1024U * 1024;
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

enum class Access { kReadOnly, kReadWrite };

class FileJournal final : public Journal {
 public:
  FileJournal(const std::filesystem::path& directory, Access access)
      : current_(directory / "record.json"),
        previous_(directory / "record.json.1"),
        access_(access) {}

  Result<Loaded> load() override {
    Loaded loaded;
    for (const auto& path : {current_, previous_}) {
      auto record = read(path);
      // Not being allowed to look is no damage.
      if (!record.ok() && record.error().code() == Errc::kDenied) return std::move(record).error();
      if (!record.ok()) {
        if (!loaded.damage.empty()) loaded.damage += "; ";
        loaded.damage += record.error().message();
      } else if (record.value()) {
        loaded.record = *std::move(record);
        return loaded;
      }
    }
    return loaded;
  }

  Result<void> save(const Record& record) override {
    PIVOTD_ASSERT(access_ == Access::kReadWrite);
    keep_previous();
    return replace_file(current_, serialize(record), kFileMode, Durability::kPowerCut);
  }

 private:
  static Result<std::optional<Record>> read(const std::filesystem::path& path) {
    const auto text = TRY(read_file_if_exists(path, kMaxRecord));
    if (!text) return std::optional<Record>();
    return std::optional<Record>(
        TRY(parse_record(*text).context(concat("reading '", path.string(), "'"))));
  }

  // The current generation gets a second name, by which it outlives the rename over the first. Only
  // a whole record is kept, lest a damaged one displaces the good one before it. Failing costs a
  // generation, not the record.
  void keep_previous() {
    const auto current = read(current_);
    if (!current.ok() || !current.value()) return;
    const auto beside = previous_.string() + ".new";
    (void)::unlink(beside.c_str());
    if (::link(current_.c_str(), beside.c_str()) == 0 &&
        ::rename(beside.c_str(), previous_.c_str()) != 0)
      (void)::unlink(beside.c_str());
    // When both names are one inode already, rename() does nothing and leaves `beside`.
    (void)::unlink(beside.c_str());
  }

  std::filesystem::path current_;
  std::filesystem::path previous_;
  Access access_;
};

}  // namespace

Result<std::unique_ptr<Journal>> open_file_journal(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), kDirectoryMode) == 0) {
    TRY(sync_directory(directory.parent_path()));
  } else if (errno != EEXIST) {
    return errno_error(errno, concat("creating the state directory '", directory.string(), "'"));
  }
  return std::unique_ptr<Journal>(std::make_unique<FileJournal>(directory, Access::kReadWrite));
}

std::unique_ptr<Journal> look_at_file_journal(const std::filesystem::path& directory) {
  return std::make_unique<FileJournal>(directory, Access::kReadOnly);
}

}  // namespace pivotd::host
