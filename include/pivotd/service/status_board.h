#pragma once
// The status: kept on the main thread, written to status.json, told to systemd and to whoever looks
// on. The engine's side is an Observer that runs on the worker and sends everything home.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "pivotd/engine/engine.h"
#include "pivotd/model/status.h"
#include "pivotd/ports/observer.h"
#include "pivotd/service/main_loop.h"

namespace pivotd::service {

class StatusBoard {
 public:
  enum class Change { kProgress, kPhase };
  using Onlooker = std::function<void(const Status&, Change)>;

  // `onlooker` may be empty; it is called on the main thread.
  StatusBoard(MainLoop& loop, std::filesystem::path file, Onlooker onlooker);

  const Status& status() const { return status_; }

  // Main thread.
  void target_is(const MachineConfig& target);
  void target_is_unusable(const Error& error);
  // A report about another target than the status's is late, and is passed over.
  void finished(const Digest& target, const Result<Outcome>& result,
                const std::optional<std::chrono::milliseconds>& next_attempt);
  void deployments_are(const Deployments& deployments);

  // For the worker's thread; outlived by the loop and the board.
  std::unique_ptr<Observer> observer();

 private:
  friend class BoardObserver;

  void phase_is(Phase phase, const std::string& sentence);
  void progress_is(const Progress& progress);
  void host_is(const Host& host, const Record& record);
  void publish(Change change);
  void write_file();

  MainLoop& loop_;
  std::filesystem::path file_;
  Onlooker onlooker_;
  Status status_;
  std::chrono::steady_clock::time_point progress_since_;
  std::uint64_t progress_from_ = 0;
  std::chrono::steady_clock::time_point progress_written_;
  bool file_failed_ = false;
};

}  // namespace pivotd::service
