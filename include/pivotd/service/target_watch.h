#pragma once
// Watches the target file by inotify through every way it may be replaced: rename over it, removal
// and creation, writing in place, a symbolic link switched anywhere on its path (as Kubernetes
// does). Only a complete, stable version is told, the newest one, and one that asks for the same as
// before is not told again. Nothing is read while nothing changes.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "pivotd/base/fd.h"
#include "pivotd/base/result.h"
#include "pivotd/model/machine_config.h"
#include "pivotd/service/main_loop.h"

namespace pivotd::service {

class TargetWatch {
 public:
  struct Timing {
    std::chrono::milliseconds settle{100};  // quiet for so long before the file is read
    std::chrono::milliseconds longest{
        1000};  // but read at the latest so long after the first change
    std::chrono::milliseconds doubt{
        1000};  // quiet for so long before an unreadable version is told as an error
  };
  struct Callbacks {
    std::function<void(MachineConfig)> changed;
    std::function<void(const Error&)> unusable;  // kNotFound: there is no target
  };

  // Starts with what is there now. Callbacks come on the main thread, from the loop.
  static Result<std::unique_ptr<TargetWatch>> start(MainLoop& loop,
                                                    const std::filesystem::path& file,
                                                    Callbacks callbacks, const Timing& timing);
  TargetWatch(const TargetWatch&) = delete;
  TargetWatch& operator=(const TargetWatch&) = delete;

 private:
  using steady_clock = std::chrono::steady_clock;

  TargetWatch(MainLoop& loop, Fd inotify, std::filesystem::path file, Callbacks callbacks,
              const Timing& timing);

  void on_events();
  void schedule();
  void look();
  void doubt(Error error);
  void tell_error(const Error& error);
  void renew_watches();
  void watch(const std::filesystem::path& directory, const std::string& name);

  MainLoop& loop_;
  Fd inotify_;
  std::filesystem::path file_;
  Callbacks callbacks_;
  Timing timing_;
  std::map<int, std::set<std::string>> names_;  // watch descriptor: the names in it that matter
  std::optional<steady_clock::time_point> first_change_;
  std::optional<std::pair<std::string, Digest>> told_;  // name and content
  std::optional<std::string> told_error_;
  MainLoop::Event readable_;
  MainLoop::Event timer_;
};

// The file's content, read so that it was not changed in between; kBusy when it was. kNotFound,
// kInvalid as read_file().
Result<std::string> read_stable(const std::filesystem::path& file, std::uint64_t limit);

}  // namespace pivotd::service
