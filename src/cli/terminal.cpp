#include "cli/terminal.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <sys/ioctl.h>
#include <unistd.h>

#include "pivotd/base/text.h"

namespace pivotd::cli {

namespace {

constexpr std::size_t kDefaultWidth = 80;
constexpr std::size_t kLabel = 10;

std::size_t width_of(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
  return size.ws_col;
}

std::string line(std::string_view label, std::string_view text) {
  std::string out(label);
  out.resize(std::max(kLabel, label.size() + 1), ' ');
  return concat(out, text, "\n");
}

std::string local_time(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  std::array<char, 64> text{};
  if (::localtime_r(&time, &parts) == nullptr) return std::to_string(seconds);
  (void)std::strftime(text.data(), text.size(), "%F %T %Z", &parts);
  return text.data();
}

std::string amounts(const StatusProgress& progress) {
  auto text = human_bytes(progress.done);
  if (progress.total > 0) text += concat(" of ", human_bytes(progress.total));
  if (progress.bytes_per_second == 0) return text;
  text += concat(", ", human_bytes(progress.bytes_per_second), "/s");
  if (progress.total < progress.done) return text;
  const auto left = (progress.total - progress.done) / progress.bytes_per_second;
  return text + concat(", ", human_duration(std::chrono::seconds(left)), " left");
}

unsigned percent(const StatusProgress& progress) {
  if (progress.total == 0) return 0;
  const auto share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
  return static_cast<unsigned>(100 * std::min(share, 1.0));
}

std::string deployment_page(const StatusDeployment& deployment) {
  std::string marks;
  if (deployment.booted) marks += " (booted)";
  if (deployment.staged) marks += " (staged)";
  if (deployment.pinned) marks += " (pinned)";
  auto page = concat(deployment.booted ? "* " : "  ", deployment.id, marks, "\n");
  const auto detail = [&page](std::string_view label, const std::string& text) {
    if (!text.empty()) page += concat("      ", line(label, text));
  };
  detail("version", deployment.version);
  detail("origin", deployment.custom_origin);
  detail("arguments", deployment.kernel_arguments);
  return page;
}

std::string what_next(const Status& status, bool running) {
  if (!running) return "start pivotd: systemctl start pivotd";
  switch (status.state) {
    case State::kRebootNeeded:
      return "reboot the host; pivotd then proves that it runs what was asked for";
    case State::kDegraded:
    case State::kUnreconcilable:
    case State::kRetrying:
      return status.last_error ? status.last_error->remedy : "";
    case State::kWaiting:
      return "put a MachineConfig where the setting target.file points";
    case State::kStarting:
    case State::kWorking:
    case State::kUpToDate:
      return "";
  }
  return "";
}

}  // namespace

std::string progress_bar(const StatusProgress& progress, std::size_t width) {
  const auto text = amounts(progress);
  if (progress.total == 0) return text.substr(0, width);
  const auto share = percent(progress);
  auto number = std::to_string(share);
  number.insert(0, 3 - std::min<std::size_t>(3, number.size()), ' ');
  const auto tail = concat(" ", number, " %  ", text);
  constexpr std::size_t kBrackets = 2;
  if (width < tail.size() + kBrackets + 10) return tail.substr(1).substr(0, width);
  const auto room = std::min<std::size_t>(40, width - tail.size() - kBrackets);
  const auto filled = room * share / 100;
  return concat("[", std::string(filled, '#'), std::string(room - filled, '.'), "]", tail);
}

LiveView::LiveView(std::FILE* stream)
    : stream_(stream), terminal_(::isatty(::fileno(stream)) != 0) {}

void LiveView::clear_bar() {
  if (bar_shown_) (void)std::fputs("\r\033[K", stream_);
  bar_shown_ = false;
}

void LiveView::show(const Status& status, service::StatusBoard::Change change) {
  using Change = service::StatusBoard::Change;
  if (change == Change::kPhase && status.sentence != last_sentence_) {
    clear_bar();
    last_sentence_ = status.sentence;
    (void)std::fputs((printable(status.sentence, 1000) + "\n").c_str(), stream_);
  }
  if (terminal_ && status.progress) {
    clear_bar();
    // One column less: a full line would wrap on some terminals.
    (void)std::fputs(progress_bar(*status.progress, width_of(stream_) - 1).c_str(), stream_);
    bar_shown_ = true;
  }
  (void)std::fflush(stream_);
}

void LiveView::close() {
  clear_bar();
  (void)std::fflush(stream_);
}

std::string status_page(const Status& status, bool running) {
  std::string page = line("State:", to_string(status.state));
  if (!running)
    page = line("State:", concat("pivotd is not running; last known: ", to_string(status.state)));
  page += line("", status.sentence);
  if (status.target) {
    page += line("Target:", status.target->name.empty() ? "(without a name)" : status.target->name);
    page += line("Image:", status.target->image.empty() ? "(left alone)" : status.target->image);
  }
  page += line("Phase:", to_string(status.phase));
  for (const auto& reason : status.reasons)
    page += line("Why:", concat(reason.what, ": ", reason.why));
  if (status.progress) page += line("Progress:", progress_bar(*status.progress, 70));
  if (status.attempt > 0)
    page += line("Attempts:",
                 concat(status.attempt, status.attempt == 1 ? " boot" : " boots", " did not hold"));
  if (status.last_error) {
    page += line("Error:", status.last_error->message);
    page += line("", concat("(", status.last_error->id, ", ", status.last_error->kind, ")"));
  }
  if (status.next_attempt > 0) page += line("Retry:", local_time(status.next_attempt));
  page += line("As of:", local_time(status.updated));
  page += "Deployments, the next boot's first:\n";
  for (const auto& deployment : status.deployments) page += deployment_page(deployment);
  for (const auto& deployment : status.deployments)
    if (deployment.staged && status.state != State::kRebootNeeded)
      page += line("Staged:", concat("the next reboot takes '", deployment.id, "' all the same"));
  const auto next = what_next(status, running);
  if (!next.empty()) page += line("Next:", next);
  return page;
}

}  // namespace pivotd::cli
