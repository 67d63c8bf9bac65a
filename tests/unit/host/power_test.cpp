#include "pivotd/host/power.h"

#include <gtest/gtest.h>

#include "fakes/fake_world.h"
#include "fakes/temporary_directory.h"

namespace pivotd {
namespace {

TEST(MarkingPower, LeavesAMarkThatNamesTheDeploymentAndTakesItAway) {
  const fakes::TemporaryDirectory directory;
  const auto mark = directory / "reboot-required";
  const auto power = host::open_marking_power(mark);
  fakes::FakeWorld world('a', "root=/dev/sda4");
  const auto imported = world.commits.find(fakes::FakeWorld::commit('a'), {}).value();
  const auto staged =
      world.deployer.stage(*imported, {.kernel_args = KernelArgs::parse("x").value()}, {}).value();
  EXPECT_EQ(RebootOutcome::kLeftToSomeoneElse, power->reboot(staged, {}).value());
  EXPECT_EQ("pivotd: a reboot takes deployment '" + staged.deployment().id + "'\n",
            fakes::content_of(mark));
  EXPECT_TRUE(power->withdraw().ok());
  EXPECT_FALSE(std::filesystem::exists(mark));
  EXPECT_TRUE(power->withdraw().ok()) << "again is a no-op";
}

}  // namespace
}  // namespace pivotd
