// Interrupt everything: the engine dies at its n-th side effect, for every n, with and without a
// power cut; started again it must reach the same end, and the invariants of docs/architecture.md
// hold all the way.

#include <algorithm>
#include <ostream>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "fakes/fake_world.h"

namespace pivotd {
namespace {

using fakes::Crash;
using fakes::FakeDeployer;
using fakes::FakeWorld;

// kReboot: the process dies and the machine reboots in order, so that what is staged takes effect
// unseen.
enum class Death { kProcess, kPowerCut, kReboot };

constexpr Death kDeaths[] = {Death::kProcess, Death::kPowerCut, Death::kReboot};

const char* in_words(Death death) {
  switch (death) {
    case Death::kProcess:
      return "";
    case Death::kPowerCut:
      return " with a power cut";
    case Death::kReboot:
      return " with a reboot";
  }
  return "";
}

struct Story {
  std::string name;
  std::unique_ptr<FakeWorld> (*begin)();
  char image;               // of the target
  std::string kernel_args;  // of the target
  std::string line;         // what the host's command line must be in the end
};

void PrintTo(const Story& story, std::ostream* out) {
  *out << story.name;
}

constexpr const char* kBase = "root=/dev/sda4 rw";

std::unique_ptr<FakeWorld> old_host() {
  return std::make_unique<FakeWorld>('a', kBase);
}

// Runs until the host is what the target asks for; reboots when asked.
void settle(FakeWorld& world, const MachineConfig& target) {
  for (int turn = 0; turn < 10; ++turn) {
    const auto outcome = world.reconcile(target);
    ASSERT_TRUE(outcome.ok()) << outcome.error().message();
    if (outcome.value() == Outcome::kNothingToDo) return;
    if (outcome.value() != Outcome::kVerified) world.reboot();
  }
  FAIL() << "does not come to rest";
}

// "quiet" is the administrator's own, and the target asks for it too.
std::unique_ptr<FakeWorld> host_with_quiet() {
  return std::make_unique<FakeWorld>('a', "root=/dev/sda4 rw quiet");
}

// A host that pivotd brought to image a and "quiet" before.
std::unique_ptr<FakeWorld> managed_host() {
  auto world = old_host();
  settle(*world, FakeWorld::target("before", 'a', "quiet"));
  return world;
}

// Image b is staged, and nobody has rebooted.
std::unique_ptr<FakeWorld> host_with_b_staged() {
  auto world = old_host();
  world->power.left_to_someone_else = true;
  EXPECT_EQ(Outcome::kRebootNeeded, world->reconcile(FakeWorld::target("b", 'b', "quiet")).value());
  return world;
}

// An administrator deployed image c by hand.
std::unique_ptr<FakeWorld> host_with_foreign_pending() {
  auto world = old_host();
  const auto target = FakeWorld::target("c", 'c', "");
  world->power.left_to_someone_else = true;
  EXPECT_TRUE(world->reconcile(target).ok());
  world->journal.record.reset();  // nothing of it was ours
  return world;
}

// The record is gone: only the host knows.
std::unique_ptr<FakeWorld> host_without_record() {
  auto world = managed_host();
  world->journal.record.reset();
  return world;
}

const std::vector<Story>& stories() {
  static const std::vector<Story> kStories{
      {"Update", old_host, 'b', "nosmt console=ttyS0", "root=/dev/sda4 rw nosmt console=ttyS0"},
      {"UpdateOfAManagedHost", managed_host, 'b', "nosmt", "root=/dev/sda4 rw nosmt"},
      {"KernelArgumentsAlone", managed_host, 'a', "quiet nosmt", "root=/dev/sda4 rw quiet nosmt"},
      {"KernelArgumentsPartlyThere", host_with_quiet, 'b', "quiet nosmt",
       "root=/dev/sda4 rw quiet nosmt"},
      {"KernelArgumentsRemoved", managed_host, 'a', "", "root=/dev/sda4 rw"},
      {"NothingToDo", old_host, 'a', "", "root=/dev/sda4 rw"},
      {"BackToWhatIsBooted", host_with_b_staged, 'a', "", "root=/dev/sda4 rw"},
      {"AnotherTargetWhileOneIsStaged", host_with_b_staged, 'c', "x", "root=/dev/sda4 rw x"},
      {"TheSameTargetWhileItIsStaged", host_with_b_staged, 'b', "quiet", "root=/dev/sda4 rw quiet"},
      {"ForeignPendingIsReplaced", host_with_foreign_pending, 'b', "", "root=/dev/sda4 rw"},
      {"ForeignPendingIsAdopted", host_with_foreign_pending, 'c', "", "root=/dev/sda4 rw"},
      {"LostRecord", host_without_record, 'b', "quiet", "root=/dev/sda4 rw quiet"},
  };
  return kStories;
}

// The machine boots the old or the new deployment, and the new one never without its arguments.
void expect_bootable(const FakeWorld& world, const Story& story) {
  const auto& all = world.deployer.deployments().all;
  ASSERT_FALSE(all.empty());
  EXPECT_NE(nullptr, world.deployer.deployments().booted());
  if (all.front().commit == FakeWorld::commit(story.image) && story.image != 'a' &&
      all.front().custom_origin == concat(kOriginScheme, FakeWorld::image(story.image).str())) {
    EXPECT_EQ(story.line, all.front().kernel_args.str());
  }
}

void expect_end(FakeWorld& world, const Story& story, const MachineConfig& target) {
  const auto& deployments = world.deployer.deployments();
  ASSERT_NE(nullptr, deployments.booted());
  EXPECT_EQ(FakeWorld::commit(story.image), deployments.booted()->commit);
  EXPECT_EQ(story.line, deployments.booted()->kernel_args.str());
  EXPECT_EQ(nullptr, deployments.pending());
  EXPECT_TRUE(world.commits.held().empty()) << "a ref of ours is left behind";
  EXPECT_FALSE(world.power.requested) << "the mark is left behind";
  ASSERT_TRUE(world.journal.record);
  EXPECT_EQ(Phase::kVerified, world.journal.record->phase);
  EXPECT_EQ(target.content, world.journal.record->target);
  EXPECT_EQ(std::nullopt, world.journal.record->error);
  const auto before = world.effects();
  EXPECT_EQ(Outcome::kNothingToDo, world.reconcile(target).value());
  EXPECT_EQ(before, world.effects()) << "doing it again is not a no-op";
}

// What pivotd added it can take away again, and nothing else, whatever it lived through.
void expect_clean_removal(FakeWorld& world, const Story& story) {
  if (story.begin == host_without_record || story.begin == host_with_foreign_pending) return;
  settle(world, FakeWorld::target("without", story.image, ""));
  EXPECT_EQ(story.begin == host_with_quiet ? "root=/dev/sda4 rw quiet" : kBase,
            world.deployer.deployments().booted()->kernel_args.str());
}

// One start of the process after another, until it rests; dies at the n-th side effect if there is
// one. Says where.
std::optional<std::string> run_to_death(FakeWorld& world, const MachineConfig& target,
                                        std::size_t n) {
  world.die_at(n);
  try {
    settle(world, target);
  } catch (const Crash& crash) {
    return crash.effect;
  }
  world.die_at(0);
  return std::nullopt;
}

void die(FakeWorld& world, Death death) {
  world.die_at(0);
  if (death == Death::kPowerCut) world.power_cut();
  if (death == Death::kReboot) world.reboot();
  world.prune();
}

class EngineCrash : public testing::TestWithParam<Story> {};

TEST_P(EngineCrash, ReachesTheSameEndFromEverySideEffect) {
  const auto& story = GetParam();
  const auto target = FakeWorld::target("target", story.image, story.kernel_args);
  std::size_t points = 0;
  for (const auto death : kDeaths) {
    for (std::size_t n = 1;; ++n) {
      auto world = story.begin();
      const auto where = run_to_death(*world, target, n);
      if (!where) break;
      ++points;
      SCOPED_TRACE(concat("dies at effect ", n, " (", *where, ")", in_words(death)));
      die(*world, death);
      expect_bootable(*world, story);
      settle(*world, target);
      expect_end(*world, story, target);
      expect_clean_removal(*world, story);
      if (testing::Test::HasFailure()) return;
    }
  }
  RecordProperty("crash_points", static_cast<int>(points));
}

TEST_P(EngineCrash, ReachesTheSameEndWhenTheRecoveryDiesToo) {
  const auto& story = GetParam();
  const auto target = FakeWorld::target("target", story.image, story.kernel_args);
  for (const auto death : kDeaths) {
    bool more = true;
    for (std::size_t n = 1; more; ++n) {
      for (std::size_t m = 1;; ++m) {
        auto world = story.begin();
        const auto where = run_to_death(*world, target, n);
        more = where.has_value();
        if (!more) break;
        die(*world, death);
        const auto again = run_to_death(*world, target, m);
        if (!again) break;
        SCOPED_TRACE(concat("dies at effect ", n, " (", *where, "), and then at ", m, " (", *again,
                            ")", in_words(death)));
        die(*world, death);
        expect_bootable(*world, story);
        settle(*world, target);
        expect_end(*world, story, target);
        expect_clean_removal(*world, story);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Stories, EngineCrash, testing::ValuesIn(stories()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace pivotd
