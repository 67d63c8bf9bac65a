#include "pivotd/service/daemon.h"

#include <csignal>

#include <systemd/sd-daemon.h>

#include "pivotd/base/files.h"
#include "pivotd/base/log.h"
#include "pivotd/base/text.h"
#include "pivotd/service/main_loop.h"
#include "pivotd/service/target_watch.h"
#include "pivotd/service/wiring.h"
#include "pivotd/service/worker.h"

namespace pivotd::service {

namespace {

RetryPolicy retry_policy(const Settings& settings) {
  return {.first = std::chrono::seconds(settings.retry_first),
          .last = std::chrono::seconds(settings.retry_last),
          .host = std::chrono::seconds(settings.retry_host)};
}

void log_failure(const Error& error, const std::optional<std::chrono::milliseconds>& next_attempt) {
  const auto& meaning = error_class(error.code());
  const log::Fields fields{{"PIVOTD_ERROR_ID", std::string(meaning.id)}};
  if (next_attempt) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(*next_attempt);
    log::warning(concat(error.message(), "; trying again in ", human_duration(wait)), fields);
  } else {
    log::error(concat(error.message(), "; ", meaning.remedy), fields);
  }
}

ExitCode exit_code_of(const Result<Outcome>& result) {
  if (!result.ok()) return error_class(result.error().code()).exit_code;
  switch (result.value()) {
    case Outcome::kNothingToDo:
      return ExitCode::kNothingToDo;
    case Outcome::kVerified:
    case Outcome::kRebooting:
      return ExitCode::kDone;
    case Outcome::kRebootNeeded:
      return ExitCode::kRebootNeeded;
  }
  return ExitCode::kFailed;
}

// What both ways share: the lock, the loop, the board, the ports and the worker, and their order of
// construction.
class Session {
 public:
  using Finished = std::function<void(const Worker::Report&)>;

  static Result<std::unique_ptr<Session>> open(const Settings& settings,
                                               const StatusBoard::Onlooker& onlooker,
                                               Finished finished,
                                               const std::optional<RetryPolicy>& retries) {
    auto lock = TRY(FileLock::acquire(settings.state_directory / "lock"));
    TRY(prepare_process(settings));
    std::unique_ptr<Session> session(
        new Session(settings, std::move(lock), onlooker, std::move(finished)));
    session->wiring_ = TRY(Wiring::for_work(settings, session->board_.observer()));
    session->start_worker(retries);
    return session;
  }

  MainLoop& loop() { return loop_; }
  StatusBoard& board() { return board_; }

  void set_target(MachineConfig target) {
    log::info(concat("target is '", target.name, "', ",
                     target.image ? concat("image '", target.image->str(), "'")
                                  : std::string("which leaves the image alone")));
    board_.target_is(target);
    worker_->set_target(std::move(target));
  }

  void drop_target() { worker_->drop_target(); }

  void run() {
    const auto stop = [this] {
      log::info("asked to stop: cancelling what is under way");
      worker_->cancel_and_stop();
      loop_.quit();
    };
    const auto terminated = loop_.on_signal(SIGTERM, stop);
    const auto interrupted = loop_.on_signal(SIGINT, stop);
    loop_.run();
    (void)sd_notify(0, "STOPPING=1\nSTATUS=stopping");
    worker_.reset();  // joins: an engine call ends within a second of its cancellation
  }

 private:
  Session(const Settings& settings, FileLock lock, const StatusBoard::Onlooker& onlooker,
          Finished finished)
      : lock_(std::move(lock)),
        board_(loop_, settings.runtime_directory / "status.json", onlooker),
        finished_(std::move(finished)) {}

  void start_worker(const std::optional<RetryPolicy>& retries) {
    worker_ = std::make_unique<Worker>(
        [this](const MachineConfig& target, const Stop& stop) {
          auto result = wiring_->engine().reconcile(target, stop);
          tell_deployments(stop);
          return result;
        },
        [this](const Worker::Report& report) {
          if (!report.result.ok()) log_failure(report.result.error(), report.next_attempt);
          loop_.post([this, report] {
            board_.finished(report.target, report.result, report.next_attempt);
            finished_(report);
          });
        },
        retries);
  }

  // What the engine did shows in the deployments: read them again for the status.
  void tell_deployments(const Stop& stop) {
    auto deployments = wiring_->deployer().list(stop);
    if (!deployments.ok()) return;  // the next reconcile says why, if it matters
    loop_.post([this, list = std::move(deployments).value()] { board_.deployments_are(list); });
  }

  FileLock lock_;
  MainLoop loop_;
  StatusBoard board_;
  Finished finished_;
  std::unique_ptr<Wiring> wiring_;
  std::unique_ptr<Worker> worker_;  // last: its thread uses all of the above
};

ExitCode fail(const Error& error) {
  log_failure(error, std::nullopt);
  return error_class(error.code()).exit_code;
}

}  // namespace

ExitCode run_daemon(const Settings& settings) {
  auto opened = Session::open(
      settings, {}, [](const Worker::Report&) {}, retry_policy(settings));
  if (!opened.ok()) return fail(std::move(opened).error().context("starting"));
  auto& session = *opened.value();
  const TargetWatch::Callbacks callbacks{
      .changed = [&session](MachineConfig target) { session.set_target(std::move(target)); },
      .unusable =
          [&session, &settings](const Error& error) {
            if (error.code() == Errc::kNotFound) {
              log::info(concat("there is no target at '", settings.target_file.string(),
                               "', waiting for one"));
            } else {
              log_failure(error, std::nullopt);
            }
            session.drop_target();
            session.board().target_is_unusable(error);
          },
  };
  const auto watch = TargetWatch::start(session.loop(), settings.target_file, callbacks, {});
  if (!watch.ok()) return fail(watch.error());
  log::info(concat("pivotd " PIVOTD_VERSION " follows '", settings.target_file.string(), "'"));
  (void)sd_notify(0, "READY=1");
  session.run();
  return ExitCode::kDone;
}

ExitCode run_once(const Settings& settings, const StatusBoard::Onlooker& onlooker) {
  auto text = read_file(settings.target_file, MachineConfig::kMaxBytes);
  if (!text.ok()) return fail(std::move(text).error().context("reading the target"));
  auto target = MachineConfig::parse(text.value());
  if (!target.ok())
    return fail(std::move(target).error().context(
        concat("reading the target '", settings.target_file.string(), "'")));
  std::optional<ExitCode> code;
  MainLoop* loop = nullptr;
  auto opened = Session::open(
      settings, onlooker,
      [&](const Worker::Report& report) {
        code = exit_code_of(report.result);
        loop->quit();
      },
      std::nullopt);
  if (!opened.ok()) return fail(std::move(opened).error().context("starting"));
  auto& session = *opened.value();
  loop = &session.loop();
  session.set_target(std::move(target).value());
  session.run();
  if (!code) log::warning("interrupted: the next run goes on from here");
  return code.value_or(error_class(Errc::kCancelled).exit_code);
}

}  // namespace pivotd::service
