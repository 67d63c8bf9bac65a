#pragma once
// What every Deployer must do, written against a world that a backend's test provides. Include in
// one file of a test program and instantiate:
//   INSTANTIATE_TEST_SUITE_P(Fake, DeployerContract, testing::Values(make_fake_world), kWorldName);

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pivotd/ports/deployer.h"

namespace pivotd::contract {

// A host with at least one deployment, and two commits that may be deployed.
class DeployerWorld {
 public:
  DeployerWorld() = default;
  DeployerWorld(const DeployerWorld&) = delete;
  DeployerWorld& operator=(const DeployerWorld&) = delete;
  virtual ~DeployerWorld() = default;

  virtual Deployer& deployer() = 0;
  virtual Checksum commit(std::size_t index) = 0;  // 0 or 1; none of them is deployed
};

using MakeDeployerWorld = std::unique_ptr<DeployerWorld> (*)();

// Proof of anything, which only tests may have.
class AnyCommitStore : public CommitStore {
 public:
  static Imported proof(const Checksum& commit) { return prove(commit, {}); }
};

inline DeploymentSpec spec_of(const std::string& line,
                              const std::string& origin = "pivot://host/os") {
  auto args = KernelArgs::parse(line);
  EXPECT_TRUE(args.ok()) << line;
  return DeploymentSpec{.kernel_args = args.ok() ? *args : KernelArgs(),
                        .custom_origin = origin,
                        .custom_origin_description = origin.empty() ? "" : "Managed by a test",
                        .packages = {}};
}

class DeployerContract : public testing::TestWithParam<MakeDeployerWorld> {
 protected:
  void SetUp() override { ASSERT_NE(world_, nullptr); }

  Deployer& deployer() { return world_->deployer(); }
  Imported imported(std::size_t index) { return AnyCommitStore::proof(world_->commit(index)); }
  Deployments list() {
    auto listed = deployer().list(Stop());
    EXPECT_TRUE(listed.ok()) << (listed.ok() ? "" : listed.error().message());
    return listed.ok() ? *listed : Deployments();
  }
  // What was staged, or a failed test and a deployment that is nothing's.
  Deployment stage(std::size_t index, const DeploymentSpec& spec) {
    auto staged = deployer().stage(imported(index), spec, Stop());
    EXPECT_TRUE(staged.ok()) << (staged.ok() ? "" : staged.error().message());
    return staged.ok() ? staged->deployment() : *list().base();
  }
  static std::size_t count(const Deployments& deployments, const std::string& id) {
    std::size_t found = 0;
    for (const auto& one : deployments.all) found += one.id == id ? 1U : 0U;
    return found;
  }

  std::unique_ptr<DeployerWorld> world_ = GetParam()();
};

TEST_P(DeployerContract, MakesWhatWasAskedForTheNextBoot) {
  const auto base = *list().base();
  const auto made = stage(0, spec_of("root=/dev/vda rw quiet"));
  const auto after = list();
  ASSERT_GE(after.all.size(), 2U);
  const auto expected = Deployment{.id = made.id,
                                   .stateroot = base.stateroot,
                                   .commit = world_->commit(0),
                                   .base = std::nullopt,
                                   .version = made.version,
                                   .origin = world_->commit(0).str(),
                                   .custom_origin = "pivot://host/os",
                                   .kernel_args = spec_of("root=/dev/vda rw quiet").kernel_args,
                                   .packages = {},
                                   .booted = false,
                                   .staged = base.booted,
                                   .pinned = false};
  EXPECT_EQ(made, expected);
  EXPECT_EQ(after.all.front(), expected);
}

TEST_P(DeployerContract, KeepsTheDeploymentItIsBasedOn) {
  const auto base = *list().base();
  stage(0, spec_of("root=/dev/vda rw"));
  EXPECT_EQ(count(list(), base.id), 1U);
  if (base.booted) {
    ASSERT_NE(list().booted(), nullptr);
    EXPECT_EQ(*list().booted(), base);
  }
}

TEST_P(DeployerContract, KeepsKernelArgumentsByteForByte) {
  const std::vector<std::string> lines = {
      "root=/dev/vda rw console=tty0 console=ttyS0,115200n8 console=tty0",
      "rw dyndbg=\"file fs/*.c +p; func x +p\" quiet quiet",
      "\"a b\"=c empty= =odd x=y=z",
      "two=\"blanks  inside\" UPPER.case-and_dash=%s\\n'single'",
      "hugepagesz=1G hugepages=1 hugepagesz=2M hugepages=512",
      "umlaut=\xC3\xA4",
  };
  for (const auto& line : lines) {
    const auto wanted = spec_of(line);
    EXPECT_EQ(stage(0, wanted).kernel_args.strings(), wanted.kernel_args.strings()) << line;
    EXPECT_EQ(list().all.front().kernel_args.strings(), wanted.kernel_args.strings()) << line;
  }
}

TEST_P(DeployerContract, StagingTheSameAgainChangesNothing) {
  const auto spec = spec_of("root=/dev/vda rw quiet");
  const auto first = stage(0, spec);
  const auto before = list();
  EXPECT_EQ(stage(0, spec), first);
  EXPECT_EQ(list(), before);
}

TEST_P(DeployerContract, AChangeOfArgumentsAloneIsANewDeployment) {
  stage(0, spec_of("root=/dev/vda rw"));
  const auto again = stage(0, spec_of("root=/dev/vda rw nosmt"));
  EXPECT_EQ(again.commit, world_->commit(0));
  EXPECT_EQ(again.kernel_args.str(), "root=/dev/vda rw nosmt");
  EXPECT_EQ(list().all.front(), again);
}

TEST_P(DeployerContract, AChangeOfOriginAloneIsANewDeployment) {
  stage(0, spec_of("root=/dev/vda rw", "pivot://host/os"));
  EXPECT_EQ(stage(0, spec_of("root=/dev/vda rw", "pivot://host/other")).custom_origin,
            "pivot://host/other");
  EXPECT_EQ(stage(0, spec_of("root=/dev/vda rw", "")).custom_origin, "");
}

TEST_P(DeployerContract, AnotherCommitTakesThePlaceOfThePending) {
  const auto base = *list().base();
  if (!base.booted) GTEST_SKIP() << "nothing is pending where nothing is booted";
  const auto first = stage(0, spec_of("root=/dev/vda rw"));
  const auto second = stage(1, spec_of("root=/dev/vda rw"));
  const auto after = list();
  EXPECT_EQ(*after.pending(), second);
  EXPECT_EQ(count(after, first.id), 0U);
  EXPECT_EQ(count(after, base.id), 1U);
}

TEST_P(DeployerContract, UnstageMakesTheBootedOneTheNext) {
  const auto before = list();
  stage(0, spec_of("root=/dev/vda rw"));
  const auto result = deployer().unstage(Stop());
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(list().pending(), nullptr);
  if (before.booted() != nullptr) {
    EXPECT_EQ(list(), before);
  }
}

TEST_P(DeployerContract, UnstageWithNothingPendingChangesNothing) {
  const auto before = list();
  EXPECT_TRUE(deployer().unstage(Stop()).ok());
  EXPECT_TRUE(deployer().unstage(Stop()).ok());
  EXPECT_EQ(list(), before);
}

TEST_P(DeployerContract, CleanUpKeepsWhatTheNextBootNeeds) {
  const auto base = *list().base();
  const auto made = stage(0, spec_of("root=/dev/vda rw"));
  const auto result = deployer().clean_up(Stop());
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(list().all.front(), made);
  EXPECT_EQ(count(list(), base.id), 1U);
}

TEST_P(DeployerContract, RefusesPackagesWhereItCannotLayerThem) {
  if (deployer().can_layer_packages()) GTEST_SKIP() << "this one can";
  const auto before = list();
  auto spec = spec_of("root=/dev/vda rw");
  spec.packages = {"usbguard"};
  const auto staged = deployer().stage(imported(0), spec, Stop());
  ASSERT_FALSE(staged.ok());
  EXPECT_EQ(staged.error().code(), Errc::kUnsupported);
  EXPECT_EQ(list(), before);
}

TEST_P(DeployerContract, DoesNothingOnceItIsToldToStop) {
  const auto before = list();
  std::stop_source stopped;
  stopped.request_stop();
  const auto stop = stopped.get_token();
  const auto staged = deployer().stage(imported(0), spec_of("root=/dev/vda rw"), stop);
  ASSERT_FALSE(staged.ok());
  EXPECT_EQ(staged.error().code(), Errc::kCancelled);
  for (const auto& result : {deployer().unstage(stop), deployer().clean_up(stop)}) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), Errc::kCancelled);
  }
  EXPECT_EQ(deployer().list(stop).error().code(), Errc::kCancelled);
  EXPECT_EQ(list(), before);
}

}  // namespace pivotd::contract
