#include "pivotd/service/target_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

namespace pivotd::service {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMask = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY |
                                IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                IN_ONLYDIR;
constexpr int kMaxLinks = 40;  // as the kernel's own limit, path_resolution(7)

bool same_version(const struct stat& one, const struct stat& other) {
  return one.st_ino == other.st_ino && one.st_dev == other.st_dev && one.st_size == other.st_size &&
         one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

std::deque<fs::path> parts_of(const fs::path& path) {
  const auto relative = path.relative_path();
  return {relative.begin(), relative.end()};
}

// Calls `visit(directory, name)` for each place on the way to `file` whose change would change what
// `file` names: symbolic links, the last component, the first that is missing.
template <class Visit>
void walk(const fs::path& file, const Visit& visit) {
  fs::path directory = "/";
  auto rest = parts_of(file);
  for (int links = 0; !rest.empty();) {
    const auto name = rest.front();
    rest.pop_front();
    if (name == "..") directory = directory.parent_path();
    if (name == ".." || name == "." || name.empty()) continue;
    const auto here = directory / name;
    std::error_code error;
    const auto status = fs::symlink_status(here, error);
    const bool link = fs::is_symlink(status);
    if (link || rest.empty() || !fs::is_directory(status)) visit(directory, name.string());
    if (!link && !fs::is_directory(status)) return;
    if (!link) {
      directory = here;
      continue;
    }
    const auto target = fs::read_symlink(here, error);
    if (error || ++links > kMaxLinks) return;
    if (target.is_absolute()) directory = "/";
    const auto parts = parts_of(target);
    rest.insert(rest.begin(), parts.begin(), parts.end());
  }
}

}  // namespace

Result<std::string> read_stable(const fs::path& file, std::uint64_t limit) {
  struct stat before {};
  struct stat after {};
  if (::stat(file.c_str(), &before) != 0)
    return errno_error(errno, concat("examining '", file.string(), "'"));
  auto content = TRY(read_file(file, limit));
  if (::stat(file.c_str(), &after) != 0 || !same_version(before, after))
    return Error(Errc::kBusy, concat("'", file.string(), "' changed while it was read"));
  return content;
}

Result<std::unique_ptr<TargetWatch>> TargetWatch::start(MainLoop& loop, const fs::path& file,
                                                        Callbacks callbacks, const Timing& timing) {
  Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) return errno_error(errno, "creating an inotify instance");
  std::unique_ptr<TargetWatch> made(
      new TargetWatch(loop, std::move(inotify), fs::absolute(file), std::move(callbacks), timing));
  made->timer_ = loop.after(std::chrono::milliseconds(0), [watch = made.get()] { watch->look(); });
  return made;
}

TargetWatch::TargetWatch(MainLoop& loop, Fd inotify, fs::path file, Callbacks callbacks,
                         const Timing& timing)
    : loop_(loop),
      inotify_(std::move(inotify)),
      file_(std::move(file)),
      callbacks_(std::move(callbacks)),
      timing_(timing),
      readable_(loop.on_readable(inotify_.get(), [this] { on_events(); })) {}

void TargetWatch::watch(const fs::path& directory, const std::string& name) {
  const int number = ::inotify_add_watch(inotify_.get(), directory.c_str(), kMask);
  if (number >= 0) names_[number].insert(name);
  // A directory that vanished just now is seen through the watch on its parent.
}

void TargetWatch::renew_watches() {
  auto old = std::exchange(names_, {});
  walk(file_,
       [this](const fs::path& directory, const std::string& name) { watch(directory, name); });
  for (const auto& [number, names] : old)
    if (!names_.contains(number)) (void)::inotify_rm_watch(inotify_.get(), number);  // may be gone
}

void TargetWatch::on_events() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
  bool relevant = false;
  for (;;) {
    const auto size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      const auto found = names_.find(event->wd);
      const bool whole_directory =
          (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW)) != 0;
      if (whole_directory || (found != names_.end() && event->len > 0 &&
                              found->second.contains(static_cast<const char*>(event->name))))
        relevant = true;
      at += sizeof(inotify_event) + event->len;
    }
  }
  if (relevant) schedule();
}

void TargetWatch::schedule() {
  const auto now = steady_clock::now();
  if (!first_change_) first_change_ = now;
  const auto latest = *first_change_ + timing_.longest;
  const auto at = std::min(now + timing_.settle, latest);
  const auto delay = std::chrono::ceil<std::chrono::milliseconds>(at - now);
  timer_ = loop_.after(std::max(delay, std::chrono::milliseconds(0)), [this] { look(); });
}

void TargetWatch::look() {
  first_change_.reset();
  renew_watches();  // before the reading: what changes after it raises an event
  auto text = read_stable(file_, MachineConfig::kMaxBytes);
  if (!text.ok()) return doubt(std::move(text).error());
  auto target = MachineConfig::parse(text.value());
  if (!target.ok())
    return doubt(std::move(target).error().context(concat("reading '", file_.string(), "'")));
  told_error_.reset();
  if (told_ == std::pair(target->name, target->content)) return;
  told_.emplace(target->name, target->content);
  callbacks_.changed(std::move(target).value());
}

// It may be half written: it is an error only when it stays like that.
void TargetWatch::doubt(Error error) {
  timer_ = loop_.after(timing_.doubt, [this, error = std::move(error)] {
    renew_watches();
    auto text = read_stable(file_, MachineConfig::kMaxBytes);
    if (text.ok() && MachineConfig::parse(text.value()).ok()) return look();
    if (!text.ok() && text.error().code() == Errc::kBusy) return schedule();
    tell_error(error);
  });
}

void TargetWatch::tell_error(const Error& error) {
  if (told_error_ == error.message()) return;
  told_error_ = error.message();
  told_.reset();
  callbacks_.unusable(error);
}

}  // namespace pivotd::service
