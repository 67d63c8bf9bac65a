#include "plan/packages.h"

#include <gtest/gtest.h>

#include "unit/plan/builders.h"

namespace pivotd {
namespace {

using Words = std::vector<std::string>;

Host layering_host(const Words& packages = {}) {
  auto host = host_of("rw");
  host.can_layer_packages = true;
  host.deployments.all[0].packages = packages;
  return host;
}

std::string extensions(const Words& names) {
  return names.empty() ? std::string()
                       : concat(R"("extensions": [")", join(names, "\", \""), "\"]");
}

struct Row {
  Words extensions;
  Words packages;
  Words added;
  Words removed;
};

TEST(Packages, FollowTheExtensions) {
  const std::vector<Row> table{
      {{}, {}, {}, {}},
      {{"usbguard"}, {}, {"usbguard"}, {}},
      {{"kernel-devel"}, {}, {"kernel-devel", "kernel-headers"}, {}},
      {{"sandboxed-containers"}, {}, {"kata-containers"}, {}},
      {{"kerberos"}, {}, {"krb5-workstation", "libkadm5"}, {}},
      {{"ipsec"}, {}, {"NetworkManager-libreswan", "libreswan"}, {}},
      {{"wasm"}, {}, {"crun-wasm"}, {}},
      {{"sysstat"}, {}, {"sysstat"}, {}},
      {{"two-node-ha"}, {}, {"fence-agents-all", "pacemaker", "pcs"}, {}},
      {{"usbguard", "wasm"}, {"usbguard"}, {"crun-wasm"}, {}},
      {{"ipsec"}, {"libreswan"}, {"NetworkManager-libreswan"}, {}},
      {{}, {"usbguard"}, {}, {"usbguard"}},
      {{"wasm"}, {"libreswan", "usbguard"}, {"crun-wasm"}, {"libreswan", "usbguard"}},
      {{}, {"vim"}, {}, {}},
      {{}, {"kernel-rt-core"}, {}, {}},
  };
  for (const auto& row : table) {
    const auto plan = must_plan(extensions(row.extensions), layering_host(row.packages));
    EXPECT_EQ(plan.packages_added, row.added);
    EXPECT_EQ(plan.packages_removed, row.removed);
    const bool changes = !row.added.empty() || !row.removed.empty();
    EXPECT_EQ(plan.cost, changes ? Cost::kReboot : Cost::kNothing);
  }
}

TEST(Packages, OfAnAdministratorStay) {
  const auto host = layering_host({"tmux", "usbguard", "vim"});
  const auto plan = plan_packages(target_of(extensions({"wasm"})), host, host.deployments.all[0]);
  EXPECT_EQ(plan.wanted, (Words{"crun-wasm", "tmux", "vim"}));
  Words words;
  for (const auto& reason : plan.reasons) words.push_back(reason.why);
  EXPECT_EQ(words, (Words{"the target adds 'crun-wasm'", "the target does not ask for 'usbguard'",
                          "'tmux', 'vim' are an administrator's and stay"}));
}

TEST(Packages, AdoptWhatIsPendingWithThem) {
  auto host = layering_host({"vim"});
  auto pending = staged_of("a", "rw");
  pending.packages = {"usbguard", "vim"};
  host.deployments.all.insert(host.deployments.all.begin(), pending);
  EXPECT_TRUE(must_plan(extensions({"usbguard"}), host).adopt_pending);
  host.deployments.all[0].packages = {"usbguard"};
  EXPECT_FALSE(must_plan(extensions({"usbguard"}), host).adopt_pending);
}

TEST(Packages, RefuseNamesThatAreNoExtensions) {
  EXPECT_EQ(refusal_of(extensions({"frob", "usbguard", "zap"}), layering_host()),
            "unsupported: extensions: 'frob', 'zap' are not extensions of this operating system");
}

TEST(Packages, RefuseKernelDevelWithTheRealtimeKernel) {
  EXPECT_EQ(
      refusal_of(extensions({"kernel-devel"}) + R"(, "kernelType": "realtime")", layering_host()),
      "unsupported: extensions: 'kernel-devel' does not go with kernel type 'realtime', it "
      "is for the default kernel");
}

TEST(Packages, NeedABackendThatCanLayer) {
  EXPECT_EQ(refusal_of(extensions({"usbguard"}), host_of("rw")),
            "unsupported: extensions: the libostree backend cannot layer packages: rpm-ostree is "
            "needed for it");
  auto layered = host_of("rw");
  layered.deployments.all[0].packages = {"usbguard"};
  EXPECT_EQ(refusal_of("", layered),
            "unsupported: extensions: the libostree backend cannot layer packages: rpm-ostree is "
            "needed for it");
}

TEST(Packages, AreNotLostToABackendThatCannotLayer) {
  auto host = host_of("rw");
  host.deployments.all[0].packages = {"vim"};
  EXPECT_EQ(refusal_of(R"("kernelArguments": ["nosmt"])", host), "accepted");
  EXPECT_EQ(
      refusal_of(concat(R"("osImageURL": ")", reference("os", "b"), "\""), host),
      "unsupported: the host has packages layered ('vim'), which the libostree backend cannot "
      "carry over to another image: rpm-ostree is needed for it");
}

struct Kernel {
  std::string release;
  std::string type;
  std::string reason;  // empty: nothing to do
};

TEST(KernelTypeChange, IsSeenOnTheRunningKernel) {
  const std::vector<Kernel> table{
      {"5.14.0-70.el9.x86_64", "default", ""},
      {"5.14.0-70.el9.x86_64", "realtime",
       "the host runs 'default', the target asks for 'realtime'"},
      {"4.18.0-305.rt7.el8.x86_64", "realtime", ""},
      {"5.14.0-70.el9.x86_64+rt", "realtime", ""},
      {"5.14.0-70.el9.x86_64+rt", "default",
       "the host runs 'realtime', the target asks for 'default'"},
      {"5.14.0-70.el9.aarch64+64k", "64k-pages", ""},
      {"5.14.0-70.el9.aarch64+64k", "realtime",
       "the host runs '64k-pages', the target asks for 'realtime'"},
  };
  for (const auto& row : table) {
    auto host = layering_host();
    host.boot.kernel_release = row.release;
    host.boot.architecture = "arm64";
    const auto plan = must_plan(concat(R"("kernelType": ")", row.type, "\""), host);
    EXPECT_EQ(plan.cost, row.reason.empty() ? Cost::kNothing : Cost::kReboot) << row.release;
    EXPECT_EQ(to_string(plan.kernel_type), row.type);
    const auto words = words_of(plan);
    EXPECT_EQ(words.size() == 2 ? words.back() : "",
              row.reason.empty() ? "" : concat("kernel type: ", row.reason));
  }
}

TEST(KernelTypeChange, IsReadFromThePackagesWhereTheHostIsNotBooted) {
  auto host = layering_host({"kernel-rt-core", "kernel-rt-modules"});
  host.deployments.all[0].booted = false;
  EXPECT_EQ(must_plan(R"("kernelType": "realtime")", host).cost, Cost::kNothing);
  EXPECT_EQ(must_plan(R"("kernelType": "default")", host).cost, Cost::kReboot);
  host.deployments.all[0].packages = {"kernel-64k-core"};
  host.boot.architecture = "arm64";
  EXPECT_EQ(must_plan(R"("kernelType": "64k-pages")", host).cost, Cost::kNothing);
  host.deployments.all[0].packages.clear();
  host.boot.kernel_release = "6.1.0+rt";  // the installer's, not the host's
  EXPECT_EQ(must_plan(R"("kernelType": "default")", host).cost, Cost::kNothing);
}

TEST(KernelTypeChange, LeavesTheImagesOwnKernelAlone) {
  auto host = host_of("rw");
  host.boot.kernel_release = "5.14.0+rt";
  const auto plan = must_plan("", host);
  EXPECT_EQ(plan.cost, Cost::kNothing);
  EXPECT_EQ(words_of(plan).back(),
            "kernel type: the image's own kernel is 'realtime', and it stays");
}

TEST(KernelTypeChange, IsNotAdoptedUnseen) {
  auto host = layering_host();
  host.deployments.all.insert(host.deployments.all.begin(), staged_of("a", "rw"));
  const auto plan = must_plan(R"("kernelType": "realtime")", host);
  EXPECT_FALSE(plan.adopt_pending);
  EXPECT_EQ(plan.cost, Cost::kReboot);
}

TEST(KernelTypeChange, IsRefusedWhereItDoesNotExist) {
  EXPECT_EQ(
      refusal_of(R"("kernelType": "64k-pages")", layering_host()),
      "unsupported: kernel type '64k-pages': it exists for 'arm64' only, this host is 'amd64'");
  EXPECT_EQ(refusal_of(R"("kernelType": "realtime")", host_of("rw")),
            "unsupported: kernel type 'realtime': the libostree backend cannot layer packages: "
            "rpm-ostree is needed for it");
}

}  // namespace
}  // namespace pivotd
