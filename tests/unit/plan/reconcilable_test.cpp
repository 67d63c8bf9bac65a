#include "plan/reconcilable.h"

#include <gtest/gtest.h>

#include "unit/plan/builders.h"

namespace pivotd {
namespace {

using Words = std::vector<std::string>;

std::string ignition(std::string_view sections) {
  return concat(R"("config": {"ignition": {"version": "3.2.0"}, )", sections, "}");
}

Words reasons(std::string_view spec, const Host& host) {
  const auto result = check_reconcilable(target_of(spec), host);
  EXPECT_EQ(result.problems, Words{}) << spec;
  Words words;
  for (const auto& reason : result.reasons) words.push_back(concat(reason.what, ": ", reason.why));
  return words;
}

Words problems(std::string_view spec, const Host& host) {
  return check_reconcilable(target_of(spec), host).problems;
}

TEST(Reconcilable, FipsModeIsForInstallationToDecide) {
  auto host = host_of("rw");
  EXPECT_EQ(problems(R"("fips": false)", host), Words{});
  EXPECT_EQ(
      problems(R"("fips": true)", host),
      (Words{"fips: the target asks for FIPS mode on, the host runs with it off, and it cannot "
             "be changed after installation"}));
  host.boot.fips = true;
  EXPECT_EQ(problems(R"("fips": true)", host), Words{});
  EXPECT_EQ(
      problems("", host),
      (Words{"fips: the target asks for FIPS mode off, the host runs with it on, and it cannot "
             "be changed after installation"}));
  host.boot.fips = std::nullopt;  // a kernel without FIPS does not say
  EXPECT_EQ(problems("", host), Words{});
  EXPECT_EQ(
      problems(R"("fips": true)", host),
      (Words{"fips: the target asks for FIPS mode on, the host runs with it off, and it cannot "
             "be changed after installation"}));
}

TEST(Reconcilable, DiskLayoutIsWhatTheHostWasProvisionedWith) {
  const auto disk = ignition(R"("storage": {"disks": [{"device": "/dev/a"}]})");
  const auto other = ignition(R"("storage": {"disks": [{"device": "/dev/b"}]})");
  const auto more =
      ignition(R"("storage": {"disks": [{"device": "/dev/a"}], "luks": [{"name": "l"}]})");
  auto host = host_of("rw");
  EXPECT_EQ(
      problems(disk, host),
      (Words{"ignition: the target has 'storage.disks', and pivotd cannot tell whether this "
             "host was provisioned with it: neither '/etc/mcs-machine-config-content.json' nor "
             "'/etc/machine-config-daemon/currentconfig' says so"}));
  host.provisioned_disk_layout = target_of(disk).ignition.disk_layout;
  EXPECT_EQ(problems(disk, host), Words{});
  EXPECT_EQ(
      problems(other, host),
      (Words{"ignition: 'storage.disks' is not what this host was provisioned with, and only a "
             "reinstallation can change it"}));
  EXPECT_EQ(
      problems(more, host),
      (Words{"ignition: 'storage.luks' is not what this host was provisioned with, and only a "
             "reinstallation can change it"}));
  EXPECT_EQ(reasons("", host), (Words{"ignition: the host was provisioned with 'storage.disks', "
                                      "which the target does not name: it stays"}));
}

TEST(Reconcilable, SaysWhatIsNotPivotdsToWrite) {
  const auto host = host_of("rw");
  EXPECT_EQ(reasons(ignition(R"("storage": {"files": [{"path": "/a"}]})"), host),
            (Words{"ignition: 1 file is not pivotd's to write: what manages this host's files has "
                   "to"}));
  EXPECT_EQ(
      reasons(ignition(R"("storage": {"files": [{"path": "/a"}, {"path": "/b"}]},
                                "systemd": {"units": [{"name": "u"}]})"),
              host),
      (Words{"ignition: 2 files and 1 unit are not pivotd's to write: what manages this host's "
             "files has to"}));
}

TEST(Reconcilable, SaysWhatItDoesNotUnderstand) {
  const auto host = host_of("rw");
  EXPECT_EQ(reasons(R"("a": 1, "baseOSExtensionsContainerImage": "quay.io/x\u001b[2J")", host),
            (Words{"schema: 'spec.baseOSExtensionsContainerImage' is for layered images and is not "
                   "used: 'quay.io/x?[2J'",
                   "schema: ignored, because pivotd does not know what it means: 'spec.a'"}));
  EXPECT_EQ(
      reasons(R"("a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1)", host),
      (Words{"schema: ignored, because pivotd does not know what it means: 'spec.a', 'spec.b', "
             "'spec.c', 'spec.d', 'spec.e', 'spec.f', 'spec.g', 'spec.h' and 2 more"}));
}

}  // namespace
}  // namespace pivotd
