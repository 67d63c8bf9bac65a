#include "pivotd/host/running_host.h"

#include <gtest/gtest.h>

#include "pivotd/model/machine_config.h"

#include "fakes/temporary_directory.h"

namespace pivotd::host {
namespace {

constexpr const char* kWithDisks = R"({"apiVersion": "machineconfiguration.openshift.io/v1",
  "kind": "MachineConfig", "metadata": {"name": "x"}, "spec": {"config": {
    "ignition": {"version": "3.2.0"}, "storage": {"disks": [{"device": "/dev/sda"}]}}}})";

TEST(RunningHost, SaysWhatTheKernelSays) {
  const auto boot = open_running_host({})->boot();
  ASSERT_TRUE(boot.ok()) << boot.error().message();
  auto id = fakes::content_of("/proc/sys/kernel/random/boot_id");
  id.pop_back();
  EXPECT_EQ(id, boot->id);
  EXPECT_EQ(KernelArgs::parse(fakes::content_of("/proc/cmdline")).value(), boot->command_line);
}

TEST(RunningHost, ReadsTheDiskLayoutFromTheFirstFileThatExists) {
  const fakes::TemporaryDirectory directory;
  const auto second = directory.write("second.json", kWithDisks);
  const auto layout =
      open_running_host({directory / "first.json", second})->provisioned_disk_layout();
  ASSERT_TRUE(layout.ok()) << layout.error().message();
  EXPECT_EQ(MachineConfig::parse(kWithDisks)->ignition.disk_layout, *layout);
  EXPECT_EQ(1U, layout.value()->size());
}

TEST(RunningHost, KnowsNoDiskLayoutWithoutAFile) {
  const auto layout = open_running_host({"/nonexistent/x"})->provisioned_disk_layout();
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(std::nullopt, *layout);
}

TEST(RunningHost, NamesTheFileItCannotRead) {
  const fakes::TemporaryDirectory directory;
  const auto file = directory.write("bad.json", "{");
  const auto layout = open_running_host({file})->provisioned_disk_layout();
  ASSERT_FALSE(layout.ok());
  EXPECT_EQ(Errc::kInvalid, layout.error().code());
  EXPECT_NE(std::string::npos, layout.error().message().find(file.string()));
}

}  // namespace
}  // namespace pivotd::host
