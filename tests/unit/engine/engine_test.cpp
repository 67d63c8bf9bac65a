#include "pivotd/engine/engine.h"

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "fakes/fake_world.h"

namespace pivotd {
namespace {

using fakes::FakeDeployer;
using fakes::FakeWorld;

constexpr const char* kBase = "root=/dev/sda4 rw";

TEST(Engine, WritesEachIntentionBeforeItActsAndEachFactAfter) {
  FakeWorld world('a', kBase);
  const auto target = FakeWorld::target("b", 'b', "nosmt");
  EXPECT_EQ(Outcome::kRebooting, world.reconcile(target).value());
  EXPECT_EQ((std::vector{Phase::kImporting, Phase::kStaging, Phase::kStaged, Phase::kRebooting}),
            world.journal.phases);
  world.reboot();
  EXPECT_EQ(Outcome::kVerified, world.reconcile(target).value());
  EXPECT_EQ(Phase::kVerified, world.journal.record->phase);
  EXPECT_EQ(Outcome::kNothingToDo, world.reconcile(target).value());
}

TEST(Engine, ChangesKernelArgumentsWithoutAskingTheRegistry) {
  FakeWorld world('a', kBase);
  EXPECT_EQ(Outcome::kRebooting, world.reconcile(FakeWorld::target("k", 'a', "nosmt")).value());
  EXPECT_EQ(0, world.images.resolved());
  EXPECT_EQ(0, world.commits.imports());
  const auto& first = world.deployer.deployments().all.front();
  EXPECT_EQ("root=/dev/sda4 rw nosmt", first.kernel_args.str());
  EXPECT_EQ(FakeWorld::commit('a'), first.commit);
  EXPECT_EQ(world.deployer.deployments().booted()->custom_origin, first.custom_origin);
}

TEST(Engine, DoesNotRebootForTheSameContentUnderAnotherName) {
  FakeWorld world('a', kBase);
  auto content = ImageContent{.reference = FakeWorld::image('g'),
                              .manifest = FakeWorld::image('g').digest(),
                              .config = Digest::of("config g"),
                              .architecture = "amd64",
                              .labels = {},
                              .commit = FakeWorld::commit('a'),
                              .layers = {}};
  world.images.put(content);
  EXPECT_EQ(Outcome::kVerified, world.reconcile(FakeWorld::target("same", 'g', "")).value());
  EXPECT_EQ(nullptr, world.deployer.deployments().pending());
  EXPECT_EQ(0, world.commits.imports());
}

TEST(Engine, ReportsARollbackInsteadOfRetryingBlindly) {
  FakeWorld world('a', kBase);
  const auto target = FakeWorld::target("b", 'b', "");
  for (std::uint32_t attempt = 1; attempt <= Engine::kMaxAttempts; ++attempt) {
    EXPECT_EQ(Outcome::kRebooting, world.reconcile(target).value());
    world.reboot(FakeDeployer::Into::kOld);
  }
  const auto refused = world.reconcile(target);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(Errc::kUnsupported, refused.error().code());
  EXPECT_EQ(
      "the host came back without this target 3 times: find out why in the journal of those "
      "boots; it is not tried again until the target changes",
      refused.error().message());
  EXPECT_EQ(Phase::kRolledBack, world.journal.record->phase);
  EXPECT_EQ(3U, world.journal.record->attempt);
  EXPECT_EQ(nullptr, world.deployer.deployments().pending());
  EXPECT_EQ(Outcome::kRebooting, world.reconcile(FakeWorld::target("c", 'c', "")).value())
      << "another target starts afresh";
}

TEST(Engine, LeavesTheHostAloneWhenTheRegistryFails) {
  FakeWorld world('a', kBase);
  const auto before = world.deployer.deployments();
  world.images.fail_next(Error(Errc::kTransient, "connection refused"));
  const auto result = world.reconcile(FakeWorld::target("b", 'b', ""));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(concat("resolving '", FakeWorld::image('b').str(), "': connection refused"),
            result.error().message());
  EXPECT_EQ(before, world.deployer.deployments());
  EXPECT_EQ(Phase::kFailed, world.journal.record->phase);
  EXPECT_EQ(Errc::kTransient, world.journal.record->error->code);
}

TEST(Engine, DiscardsWhatIsPendingWhenStagingFails) {
  FakeWorld world('a', kBase);
  world.deployer.fail_next(Error(Errc::kNoSpace, "no space left on device"));
  const auto result = world.reconcile(FakeWorld::target("b", 'b', ""));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(Errc::kNoSpace, result.error().code());
  EXPECT_EQ(nullptr, world.deployer.deployments().pending());
  EXPECT_EQ(Outcome::kRebooting, world.reconcile(FakeWorld::target("b", 'b', "")).value());
}

TEST(Engine, KeepsTheRecordOfWhatIsStagedWhenANewerTargetIsRefused) {
  FakeWorld world('a', kBase);
  world.power.left_to_someone_else = true;
  const auto good = FakeWorld::target("b", 'b', "");
  EXPECT_EQ(Outcome::kRebootNeeded, world.reconcile(good).value());
  const auto refused = world.reconcile(FakeWorld::target("bad", 'c', "root=/dev/sdb"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(Errc::kInvalid, refused.error().code());
  EXPECT_EQ(Phase::kStaged, world.journal.record->phase);
  EXPECT_EQ(good.content, world.journal.record->target);
}

TEST(Engine, DoesNotMixWhatIsStagedWithANewerTargetThatCannotBeHad) {
  FakeWorld world('a', kBase);
  world.power.left_to_someone_else = true;
  const auto good = FakeWorld::target("b", 'b', "");
  EXPECT_EQ(Outcome::kRebootNeeded, world.reconcile(good).value());
  const auto staged = *world.journal.record;
  ASSERT_EQ(Errc::kNotFound, world.reconcile(FakeWorld::target("bad", 'x', "")).error().code());
  EXPECT_EQ(staged.phase, world.journal.record->phase);
  EXPECT_EQ(staged.target_name, world.journal.record->target_name);
  EXPECT_EQ(staged.image, world.journal.record->image);
  EXPECT_EQ(staged.target, world.journal.record->target);
  world.reboot();
  EXPECT_EQ(Outcome::kVerified, world.reconcile(good).value());
  EXPECT_EQ("verified: the host booted into what was staged for 'b'",
            world.observer.sentences.back());
}

TEST(Engine, DoesNotCountWhatWasLostBeforeItWasWritten) {
  FakeWorld world('a', kBase);
  world.power.left_to_someone_else = true;
  const auto target = FakeWorld::target("b", 'b', "");
  for (int cut = 0; cut < 5; ++cut) {
    EXPECT_EQ(Outcome::kRebootNeeded, world.reconcile(target).value());
    world.power_cut();
  }
  EXPECT_EQ(Outcome::kRebootNeeded, world.reconcile(target).value());
  EXPECT_EQ(0U, world.journal.record->attempt);
}

TEST(Engine, NeedsNoRegistryForWhatIsStagedAlready) {
  FakeWorld world('a', kBase);
  world.power.left_to_someone_else = true;
  const auto target = FakeWorld::target("b", 'b', "");
  EXPECT_EQ(Outcome::kRebootNeeded, world.reconcile(target).value());
  const auto before = world.images.resolved();
  world.images.fail_next(Error(Errc::kNotFound, "gone"));
  EXPECT_EQ(Outcome::kRebootNeeded, world.reconcile(target).value());
  EXPECT_EQ(before, world.images.resolved());
}

TEST(Engine, CancelledItLeavesTheHostAsItWas) {
  FakeWorld world('a', kBase);
  const auto before = world.deployer.deployments();
  std::stop_source stop;
  stop.request_stop();
  const auto result = world.reconcile(FakeWorld::target("b", 'b', ""), stop.get_token());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(Errc::kCancelled, result.error().code());
  EXPECT_EQ(before, world.deployer.deployments());
  EXPECT_EQ(0U, world.effects());
}

TEST(Engine, SaysThatARecordIsDamagedAndGoesByTheHost) {
  FakeWorld world('a', kBase);
  world.journal.damage = "line 1: not a record";
  EXPECT_EQ(Outcome::kVerified, world.reconcile(FakeWorld::target("a", 'a', "")).value());
  EXPECT_EQ(
      "the record is damaged, going by the host's own state (kernel arguments of pivotd's "
      "count as the administrator's): line 1: not a record",
      world.observer.sentences.front());
}

TEST(Engine, DoesNotClaimToHaveVerifiedAHostThatIsNotBooted) {
  FakeWorld world('a', kBase);
  auto deployments = world.deployer.deployments();
  deployments.all.front().booted = false;
  world.deployer.set_deployments(deployments);
  EXPECT_EQ(Outcome::kNothingToDo, world.reconcile(FakeWorld::target("a", 'a', "")).value());
  EXPECT_TRUE(world.journal.phases.empty());
  EXPECT_EQ(Outcome::kRebootNeeded, world.reconcile(FakeWorld::target("b", 'b', "")).value());
  EXPECT_FALSE(world.power.requested) << "this would reboot the machine that prepares the other";
}

}  // namespace
}  // namespace pivotd
