#include "pivotd/service/status_board.h"

#include <thread>

#include <gtest/gtest.h>

#include "fakes/fake_world.h"
#include "fakes/temporary_directory.h"

namespace pivotd::service {
namespace {

using fakes::FakeWorld;

class Board : public testing::Test {
 protected:
  Status in_file() { return parse_status(fakes::content_of(directory / "status.json")).value(); }

  // Lets what was posted happen.
  void turn() {
    loop.post([this] { loop.quit(); });
    loop.run();
  }

  const MachineConfig target = FakeWorld::target("one", 'b', "x");
  fakes::TemporaryDirectory directory;
  MainLoop loop;
  std::vector<Status> seen;
  StatusBoard board{loop, directory / "status.json",
                    [this](const Status& status, StatusBoard::Change) { seen.push_back(status); }};
};

TEST_F(Board, WritesWhatItKnowsToTheFile) {
  board.target_is(target);
  EXPECT_EQ(board.status(), in_file());
  EXPECT_EQ("one", in_file().target->name);
  EXPECT_EQ(FakeWorld::image('b').str(), in_file().target->image);
  EXPECT_EQ(State::kWorking, in_file().state);
}

TEST_F(Board, HearsTheEngineFromTheWorkersThread) {
  board.target_is(target);
  const auto observer = board.observer();
  std::thread([&] {
    observer->on_phase(Phase::kImporting, "importing 'x'");
    observer->on_progress({.done = 5, .total = 10});
  }).join();
  turn();
  EXPECT_EQ(Phase::kImporting, board.status().phase);
  EXPECT_EQ("importing 'x'", board.status().sentence);
  EXPECT_EQ((StatusProgress{.done = 5, .total = 10}), board.status().progress);
  EXPECT_EQ(3U, seen.size());
}

TEST_F(Board, ShowsAnErrorWithItsRemedyAndClearsItWithTheNextSuccess) {
  board.target_is(target);
  board.finished(target.content, Error(Errc::kTransient, "registry busy"),
                 std::chrono::milliseconds(1500));
  EXPECT_EQ(State::kRetrying, in_file().state);
  EXPECT_EQ("registry busy", in_file().last_error->message);
  EXPECT_EQ(error_class(Errc::kTransient).remedy, in_file().last_error->remedy);
  EXPECT_EQ("the update failed, trying again in 2 s", in_file().sentence);
  EXPECT_GT(in_file().next_attempt, 0);
  board.finished(target.content, Outcome::kVerified, std::nullopt);
  EXPECT_EQ(State::kUpToDate, in_file().state);
  EXPECT_EQ(std::nullopt, in_file().last_error);
  EXPECT_EQ(0, in_file().next_attempt);
}

TEST_F(Board, TellsThePermanentFromTheUnreconcilable) {
  board.target_is(target);
  board.finished(target.content, Error(Errc::kInvalid, "bad"), std::nullopt);
  EXPECT_EQ(State::kDegraded, in_file().state);
  board.finished(target.content, Error(Errc::kUnsupported, "disks"), std::nullopt);
  EXPECT_EQ(State::kUnreconcilable, in_file().state);
}

TEST_F(Board, WaitsWithoutATarget) {
  board.target_is_unusable(Error(Errc::kNotFound, "no such file"));
  EXPECT_EQ(State::kWaiting, in_file().state);
  EXPECT_EQ(std::nullopt, in_file().last_error);
  board.target_is_unusable(Error(Errc::kInvalid, "line 3: no"));
  EXPECT_EQ(State::kDegraded, in_file().state);
  EXPECT_EQ("line 3: no", in_file().last_error->message);
}

TEST_F(Board, PassesOverLateWordsAboutATargetThatIsGone) {
  board.target_is(target);
  const auto observer = board.observer();
  std::thread([&] { observer->on_phase(Phase::kImporting, "importing 'x'"); }).join();
  board.target_is_unusable(Error(Errc::kNotFound, "no such file"));
  turn();
  EXPECT_EQ(State::kWaiting, in_file().state);
  board.finished(target.content, Outcome::kVerified, std::nullopt);
  EXPECT_EQ(State::kWaiting, in_file().state);
  board.target_is(FakeWorld::target("two", 'c', ""));
  board.finished(target.content, Outcome::kVerified, std::nullopt);
  EXPECT_EQ(State::kWorking, in_file().state);
}

TEST(StatusDocument, IsReadBackAsItWasWritten) {
  Status status;
  status.version = "1";
  status.pid = 42;
  status.boot_id = "b";
  status.state = State::kRetrying;
  status.phase = Phase::kImporting;
  status.sentence = "a \"sentence\"";
  status.target = StatusTarget{"n", "i", "c"};
  status.reasons = {{"image", "because"}};
  status.progress = StatusProgress{1, 2, 3};
  status.deployments = {{"id", "commit", "v", "pivot://x", "a b", true, false, true}};
  status.attempt = 2;
  status.last_error = StatusError{"id", "kind", "message", "remedy"};
  status.next_attempt = 7;
  status.updated = 9;
  EXPECT_EQ(status, parse_status(json::dump(to_json(status), 2)).value());
  EXPECT_EQ(Status{}, parse_status(json::dump(to_json(Status{}))).value());
}

}  // namespace
}  // namespace pivotd::service
