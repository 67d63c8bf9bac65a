#include "pivotd/service/worker.h"

#include <future>
#include <semaphore>

#include <gtest/gtest.h>

#include "fakes/fake_world.h"

namespace pivotd::service {
namespace {

using fakes::FakeWorld;
using std::chrono::milliseconds;
using std::chrono::seconds;

MachineConfig target(const std::string& name) {
  return FakeWorld::target(name, 'a', "name=" + name);
}

constexpr RetryPolicy kPolicy{.first = seconds(5), .last = seconds(60), .host = seconds(600)};

struct Delay {
  Errc code;
  unsigned failures;
  double jitter;
  std::optional<milliseconds> expected;
};

TEST(RetryDelay, FollowsTheKindOfError) {
  const Delay table[] = {
      {Errc::kTransient, 1, 1, seconds(5)},     {Errc::kTransient, 1, 0, milliseconds(2500)},
      {Errc::kTransient, 2, 1, seconds(10)},    {Errc::kTransient, 4, 1, seconds(40)},
      {Errc::kTransient, 5, 1, seconds(60)},    {Errc::kTransient, 4'000'000, 1, seconds(60)},
      {Errc::kBusy, 1, 1, seconds(5)},          {Errc::kNoSpace, 1, 1, seconds(600)},
      {Errc::kHost, 9, 0, seconds(300)},        {Errc::kInvalid, 1, 1, std::nullopt},
      {Errc::kUnsupported, 1, 1, std::nullopt}, {Errc::kIntegrity, 1, 1, std::nullopt},
      {Errc::kDenied, 1, 1, std::nullopt},      {Errc::kCancelled, 1, 1, std::nullopt},
  };
  for (const auto& row : table)
    EXPECT_EQ(row.expected, retry_delay(kPolicy, row.code, row.failures, row.jitter))
        << "code " << static_cast<int>(row.code) << ", failure " << row.failures;
}

// Collects what the worker tells and lets the test wait for it.
class Reports {
 public:
  void add(const Worker::Report& report) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
    count_.release();
  }
  Worker::Report next() {
    count_.acquire();
    const std::lock_guard lock(mutex_);
    auto report = reports_.front();
    reports_.erase(reports_.begin());
    return report;
  }

 private:
  std::mutex mutex_;
  std::vector<Worker::Report> reports_;
  std::counting_semaphore<> count_{0};
};

TEST(Worker, ReconcilesATargetAndTells) {
  Reports reports;
  std::string seen;
  Worker worker(
      [&](const MachineConfig& config, const Stop&) -> Result<Outcome> {
        seen = config.name;
        return Outcome::kVerified;
      },
      [&](const Worker::Report& report) { reports.add(report); }, kPolicy);
  worker.set_target(target("one"));
  const auto report = reports.next();
  EXPECT_EQ(Outcome::kVerified, report.result.value());
  EXPECT_EQ(std::nullopt, report.next_attempt);
  EXPECT_EQ("one", seen);
}

TEST(Worker, CancelsTheOlderTargetForANewerOne) {
  Reports reports;
  std::promise<void> started;
  std::atomic<bool> was_cancelled = false;
  Worker worker(
      [&](const MachineConfig& config, const Stop& stop) -> Result<Outcome> {
        if (config.name == "new") return Outcome::kVerified;
        started.set_value();
        was_cancelled = !wait_for(std::chrono::minutes(5), stop);
        return Error(Errc::kCancelled, "cancelled");
      },
      [&](const Worker::Report& report) { reports.add(report); }, kPolicy);
  worker.set_target(target("old"));
  started.get_future().wait();
  worker.set_target(target("new"));
  EXPECT_EQ(Outcome::kVerified, reports.next().result.value()) << "a cancelled job is not told";
  EXPECT_TRUE(was_cancelled);
}

TEST(Worker, TriesAgainByItselfAfterATransientError) {
  Reports reports;
  std::atomic<int> calls = 0;
  Worker worker(
      [&](const MachineConfig&, const Stop&) -> Result<Outcome> {
        if (++calls < 3) return Error(Errc::kTransient, "registry busy");
        return Outcome::kVerified;
      },
      [&](const Worker::Report& report) { reports.add(report); },
      RetryPolicy{.first = seconds(0), .last = seconds(0), .host = seconds(0)});
  worker.set_target(target("one"));
  EXPECT_EQ(milliseconds(0), reports.next().next_attempt);
  EXPECT_EQ(milliseconds(0), reports.next().next_attempt);
  EXPECT_EQ(Outcome::kVerified, reports.next().result.value());
  EXPECT_EQ(3, calls);
}

TEST(Worker, WaitsForANewTargetAfterAPermanentError) {
  Reports reports;
  Worker worker(
      [&](const MachineConfig& config, const Stop&) -> Result<Outcome> {
        if (config.name == "good") return Outcome::kVerified;
        return Error(Errc::kInvalid, "bad");
      },
      [&](const Worker::Report& report) { reports.add(report); },
      RetryPolicy{.first = seconds(0), .last = seconds(0), .host = seconds(0)});
  worker.set_target(target("bad"));
  EXPECT_EQ(std::nullopt, reports.next().next_attempt);
  worker.set_target(target("good"));
  EXPECT_EQ(Outcome::kVerified, reports.next().result.value());
}

TEST(Worker, CancelsAndForgetsADroppedTarget) {
  Reports reports;
  std::promise<void> started;
  std::atomic<int> old_calls = 0;
  Worker worker(
      [&](const MachineConfig& config, const Stop& stop) -> Result<Outcome> {
        if (config.name == "new") return Outcome::kVerified;
        ++old_calls;
        started.set_value();
        (void)wait_for(std::chrono::minutes(5), stop);
        return Error(Errc::kTransient, "what it was doing broke just then");
      },
      [&](const Worker::Report& report) { reports.add(report); },
      RetryPolicy{.first = seconds(0), .last = seconds(0), .host = seconds(0)});
  worker.set_target(target("old"));
  started.get_future().wait();
  worker.drop_target();
  EXPECT_FALSE(reports.next().next_attempt) << "nothing is tried again";
  worker.set_target(target("new"));
  EXPECT_EQ(Outcome::kVerified, reports.next().result.value());
  EXPECT_EQ(1, old_calls);
}

TEST(Worker, StopsWhileItWorksAndWhileItWaits) {
  std::promise<void> started;
  {
    Worker idle(
        [](const MachineConfig&, const Stop&) -> Result<Outcome> { return Outcome::kVerified; },
        [](const Worker::Report&) {}, kPolicy);
    Worker busy(
        [&](const MachineConfig&, const Stop& stop) -> Result<Outcome> {
          started.set_value();
          (void)wait_for(std::chrono::minutes(5), stop);
          return Error(Errc::kCancelled, "cancelled");
        },
        [](const Worker::Report&) { ADD_FAILURE() << "a cancelled job is not told"; }, kPolicy);
    busy.set_target(target("one"));
    started.get_future().wait();
  }
  SUCCEED() << "both threads have been joined";
}

}  // namespace
}  // namespace pivotd::service
