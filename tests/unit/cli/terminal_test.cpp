#include "cli/terminal.h"

#include <array>
#include <cstdio>

#include <gtest/gtest.h>

namespace pivotd::cli {
namespace {

struct Bar {
  StatusProgress progress;
  std::size_t width;
  std::string expected;
};

TEST(ProgressBar, ShowsShareAmountsRateAndTimeLeft) {
  const Bar table[] = {
      {{251'100'000, 559'000'000, 88'200'000},
       80,
       "[############.................]  44 %  251.1 MB of 559.0 MB, 88.2 MB/s, 3 s left"},
      {{0, 100, 0}, 60, "[......................................]   0 %  0 B of 100 B"},
      {{100, 100, 10}, 40, "100 %  100 B of 100 B, 10 B/s, 0 s left"},
      {{5'000, 0, 0}, 60, "5.0 kB"},
      {{120, 100, 10}, 60, "[############################] 100 %  120 B of 100 B, 10 B/s"},
      {{1, 2, 1}, 12, " 50 %  1 B o"},
  };
  for (const auto& row : table) {
    const auto bar = progress_bar(row.progress, row.width);
    EXPECT_LE(bar.size(), row.width);
    EXPECT_EQ(row.expected, bar);
  }
}

std::string shown(const std::vector<Status>& history) {
  std::FILE* stream = std::tmpfile();
  LiveView view(stream);
  for (const auto& status : history) view.show(status, service::StatusBoard::Change::kPhase);
  view.close();
  std::rewind(stream);
  std::array<char, 4096> text{};
  const auto size = std::fread(text.data(), 1, text.size(), stream);
  (void)std::fclose(stream);
  return {text.data(), size};
}

TEST(LiveView, WritesALineAPhaseIntoAPipe) {
  Status importing;
  importing.sentence = "importing 'x'";
  Status with_progress = importing;
  with_progress.progress = StatusProgress{1, 2, 3};
  Status staged;
  staged.sentence = "staged\x1b[31m";
  EXPECT_EQ("importing 'x'\nstaged?[31m\n", shown({importing, with_progress, importing, staged}));
}

TEST(StatusPage, SaysWhatIsGoingOnWhyAndWhatToDoNext) {
  Status status;
  status.state = State::kRetrying;
  status.phase = Phase::kFailed;
  status.sentence = "the update failed, trying again in 5 s";
  status.target = StatusTarget{"rendered-worker-1", "", "sha256:00"};
  status.reasons = {{"kernel arguments", "'nosmt' is added"}};
  status.attempt = 1;
  status.last_error = StatusError{"transient", "transient", "registry busy", "wait"};
  status.deployments = {{"os-1.0", "1", "", "pivot://x", "a b", true, false, false},
                        {"os-0.0", "0", "9.1", "", "", false, false, true}};
  const auto page = status_page(status, true);
  EXPECT_EQ(
      "State:    retrying\n"
      "          the update failed, trying again in 5 s\n"
      "Target:   rendered-worker-1\n"
      "Image:    (left alone)\n"
      "Phase:    failed\n"
      "Why:      kernel arguments: 'nosmt' is added\n"
      "Attempts: 1 boot did not hold\n"
      "Error:    registry busy\n"
      "          (transient, transient)\n",
      page.substr(0, page.find("As of:")));
  EXPECT_EQ(
      "Deployments, the next boot's first:\n"
      "* os-1.0 (booted)\n"
      "      origin    pivot://x\n"
      "      arguments a b\n"
      "  os-0.0 (pinned)\n"
      "      version   9.1\n"
      "Next:     wait\n",
      page.substr(page.find("Deployments")));
}

TEST(StatusPage, SaysThatPivotdDoesNotRun) {
  EXPECT_EQ(0U,
            status_page({}, false).find("State:    pivotd is not running; last known: starting\n"));
}

}  // namespace
}  // namespace pivotd::cli
