#include "pivotd/service/status_board.h"

#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "pivotd/base/files.h"
#include "pivotd/base/log.h"
#include "pivotd/base/text.h"

namespace pivotd::service {

namespace {

using std::chrono::steady_clock;

constexpr auto kProgressEvery = std::chrono::seconds(1);

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

State state_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNothingToDo:
    case Outcome::kVerified:
      return State::kUpToDate;
    case Outcome::kRebootNeeded:
    case Outcome::kRebooting:
      return State::kRebootNeeded;
  }
  return State::kUpToDate;
}

State state_of(const Error& error, bool tried_again) {
  if (error.code() == Errc::kUnsupported) return State::kUnreconcilable;
  return tried_again ? State::kRetrying : State::kDegraded;
}

std::string sentence_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNothingToDo:
    case Outcome::kVerified:
      return "the host is what the target asks for";
    case Outcome::kRebootNeeded:
      return "staged: a reboot takes it";
    case Outcome::kRebooting:
      return "rebooting";
  }
  return "";
}

}  // namespace

// Runs on the worker: logs, and sends everything to the board on the main thread.
class BoardObserver final : public Observer {
 public:
  BoardObserver(MainLoop& loop, StatusBoard& board) : loop_(loop), board_(board) {}

  void on_phase(Phase phase, const std::string& sentence) override {
    log::write(phase == Phase::kRolledBack ? log::Level::kWarning : log::Level::kInfo, sentence,
               {{"PIVOTD_PHASE", std::string(to_string(phase))}});
    loop_.post([&board = board_, phase, sentence] { board.phase_is(phase, sentence); });
  }
  void on_progress(const Progress& progress) override {
    loop_.post([&board = board_, progress] { board.progress_is(progress); });
  }
  void on_warning(const std::string& sentence) override { log::warning(sentence); }
  void on_host(const Host& host, const Record& record) override {
    loop_.post([&board = board_, host, record] { board.host_is(host, record); });
  }
  void on_plan(const Plan& plan) override {
    for (const auto& reason : plan.reasons) log::debug(concat(reason.what, ": ", reason.why));
    loop_.post([&board = board_, reasons = plan.reasons] {
      board.status_.reasons = reasons;
      board.publish(StatusBoard::Change::kPhase);
    });
  }

 private:
  MainLoop& loop_;
  StatusBoard& board_;
};

StatusBoard::StatusBoard(MainLoop& loop, std::filesystem::path file, Onlooker onlooker)
    : loop_(loop), file_(std::move(file)), onlooker_(std::move(onlooker)) {
  status_.version = PIVOTD_VERSION;
  status_.pid = ::getpid();
  status_.sentence = "looking at the host";
}

std::unique_ptr<Observer> StatusBoard::observer() {
  return std::make_unique<BoardObserver>(loop_, *this);
}

void StatusBoard::target_is(const MachineConfig& target) {
  status_.target = StatusTarget{.name = target.name,
                                .image = target.image ? target.image->str() : "",
                                .content = target.content.str()};
  status_.state = State::kWorking;
  status_.sentence = concat("comparing the host with '", target.name, "'");
  status_.last_error.reset();
  status_.next_attempt = 0;
  publish(Change::kPhase);
}

void StatusBoard::target_is_unusable(const Error& error) {
  const bool absent = error.code() == Errc::kNotFound;
  status_.state = absent ? State::kWaiting : State::kDegraded;
  status_.target.reset();
  status_.sentence = absent ? "waiting for a target" : "the target cannot be used";
  status_.last_error.reset();
  if (!absent) status_.last_error = status_error(error);
  status_.next_attempt = 0;
  publish(Change::kPhase);
}

void StatusBoard::finished(const Digest& target, const Result<Outcome>& result,
                           const std::optional<std::chrono::milliseconds>& next_attempt) {
  if (!status_.target || status_.target->content != target.str()) return;
  status_.progress.reset();
  status_.next_attempt = 0;
  if (result.ok()) {
    status_.state = state_of(result.value());
    status_.sentence = sentence_of(result.value());
    status_.last_error.reset();
  } else {
    status_.state = state_of(result.error(), next_attempt.has_value());
    status_.last_error = status_error(result.error());
    status_.sentence = "the update failed";
    if (next_attempt) {
      const auto wait = std::chrono::ceil<std::chrono::seconds>(*next_attempt);
      status_.next_attempt = seconds_now() + wait.count();
      status_.sentence = concat("the update failed, trying again in ", human_duration(wait));
    }
  }
  publish(Change::kPhase);
}

void StatusBoard::deployments_are(const Deployments& deployments) {
  status_.deployments = status_deployments(deployments);
  publish(Change::kPhase);
}

void StatusBoard::phase_is(Phase phase, const std::string& sentence) {
  if (!status_.target) return;  // a late word about a target that is gone
  status_.phase = phase;
  status_.state = phase == Phase::kStaged || phase == Phase::kRebooting ? State::kRebootNeeded
                                                                        : State::kWorking;
  status_.sentence = sentence;
  status_.progress.reset();
  progress_since_ = steady_clock::now();
  publish(Change::kPhase);
}

void StatusBoard::progress_is(const Progress& progress) {
  if (!status_.target) return;
  const auto now = steady_clock::now();
  if (!status_.progress) {
    progress_since_ = now;
    progress_from_ = progress.done;
  }
  const auto elapsed = std::chrono::duration<double>(now - progress_since_).count();
  const auto moved = static_cast<double>(progress.done - std::min(progress.done, progress_from_));
  const auto rate = elapsed > 0.1 ? static_cast<std::uint64_t>(moved / elapsed) : 0;
  status_.progress =
      StatusProgress{.done = progress.done, .total = progress.total, .bytes_per_second = rate};
  publish(Change::kProgress);
}

void StatusBoard::host_is(const Host& host, const Record& record) {
  status_.boot_id = host.boot.id;
  status_.attempt = record.attempt;
  status_.phase = record.phase;
  deployments_are(host.deployments);
}

void StatusBoard::publish(Change change) {
  status_.updated = seconds_now();
  if (onlooker_) onlooker_(status_, change);
  const auto now = steady_clock::now();
  if (change == Change::kProgress && now - progress_written_ < kProgressEvery) return;
  progress_written_ = now;
  write_file();
  (void)sd_notify(0,
                  concat("STATUS=", printable(status_.sentence)).c_str());  // no manager, no harm
}

void StatusBoard::write_file() {
  if (file_.empty()) return;
  const auto text = json::dump(to_json(status_), 2) + "\n";
  std::error_code ignored;  // writing says what is wrong, if anything is
  std::filesystem::create_directories(file_.parent_path(), ignored);
  const auto written = replace_file(file_, text, 0644, Durability::kProcessOnly);
  if (!written.ok() && !file_failed_)
    log::warning(
        concat("the status cannot be written, going on without: ", written.error().message()));
  file_failed_ = !written.ok();
}

}  // namespace pivotd::service
