// The Deployer contract on a host that libostree takes as booted. Runs inside a scratch host only
// (tests/integration/deployer.sh): it changes the deployments of the host it runs on.

#include <fstream>

#include <gtest/gtest.h>
#include <ostree.h>
#include <sys/statvfs.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"
#include "pivotd/glib/gptr.h"
#include "pivotd/ostree/sysroot_deployer.h"

#include "contract/deployer.h"

namespace pivotd {

namespace {

using contract::AnyCommitStore;
using contract::DeployerContract;
using contract::DeployerWorld;
using contract::spec_of;

// The commits that deployer.sh left for us, one a line.
std::vector<Checksum> commits() {
  std::vector<Checksum> found;
  for (const auto& line : split(read_file("/var/tmp/commits", 4096).value(), '\n')) {
    if (!line.empty()) found.push_back(Checksum::parse(line).value());
  }
  return found;
}

class BootedWorld final : public DeployerWorld {
 public:
  BootedWorld() { EXPECT_TRUE(deployer_->unstage(Stop()).ok()); }
  ~BootedWorld() override { EXPECT_TRUE(deployer_->unstage(Stop()).ok()); }
  Deployer& deployer() override { return *deployer_; }
  Checksum commit(std::size_t index) override { return commits().at(index); }

 private:
  std::unique_ptr<Deployer> deployer_ = ostree::open_sysroot_deployer({}).value();
};

std::unique_ptr<DeployerWorld> booted_host() {
  return std::make_unique<BootedWorld>();
}

const auto by_index = [](const auto& world) { return concat("World", world.index); };
INSTANTIATE_TEST_SUITE_P(BootedHost, DeployerContract, testing::Values(booted_host), by_index);

class BootedDeployer : public testing::Test {
 protected:
  Deployments list() { return world_.deployer().list(Stop()).value(); }
  Deployment stage(std::size_t index) {
    return world_.deployer()
        .stage(AnyCommitStore::proof(world_.commit(index)), spec_of("root=/dev/vda rw"), Stop())
        .value()
        .deployment();
  }

  BootedWorld world_;
};

TEST_F(BootedDeployer, StagesAndWritesNoBootLoaderEntry) {
  EXPECT_TRUE(stage(0).staged);
  EXPECT_TRUE(std::filesystem::exists("/run/ostree/staged-deployment"));
  EXPECT_FALSE(std::filesystem::exists("/boot/loader/entries/ostree-2-debian.conf"));
  ASSERT_TRUE(world_.deployer().unstage(Stop()).ok());
  EXPECT_FALSE(std::filesystem::exists("/run/ostree/staged-deployment"));
}

TEST_F(BootedDeployer, UnlocksTheFinalizationOfWhatItStages) {
  const auto lock = "/run/ostree/staged-deployment-locked";
  const auto first = stage(0);
  std::ofstream(lock) << "";
  EXPECT_EQ(stage(0), first);
  EXPECT_FALSE(std::filesystem::exists(lock));
  std::ofstream(lock) << "";
  stage(1);
  EXPECT_FALSE(std::filesystem::exists(lock));
}

// `ostree admin deploy` without --stage writes at once and ahead of what runs.
class WrittenPending : public BootedDeployer {
 protected:
  void SetUp() override {
    const auto sysroot = glib::adopt(ostree_sysroot_new_default());
    glib::ErrorSlot error;
    ASSERT_TRUE(ostree_sysroot_load(sysroot.get(), nullptr, error) != FALSE);
    glib::Object<OstreeDeployment> made;
    const auto commit = world_.commit(1).str();
    const glib::KeyFile origin(
        ostree_sysroot_origin_new_from_refspec(sysroot.get(), commit.c_str()));
    std::string arg = "rw";
    char* args[] = {arg.data(), nullptr};
    const bool is_made =
        ostree_sysroot_deploy_tree(sysroot.get(), nullptr, commit.c_str(), origin.get(),
                                   ostree_sysroot_get_booted_deployment(sysroot.get()), args,
                                   glib::out(made), nullptr, error) != FALSE;
    ASSERT_TRUE(is_made) << error.take("deploying").message();
    const bool is_written =
        ostree_sysroot_simple_write_deployment(sysroot.get(), nullptr, made.get(), nullptr,
                                               OSTREE_SYSROOT_SIMPLE_WRITE_DEPLOYMENT_FLAGS_NONE,
                                               nullptr, error) != FALSE;
    ASSERT_TRUE(is_written) << error.take("deploying").message();
    written_ = list().all.front().id;
    ASSERT_FALSE(list().all.front().booted);
    ASSERT_FALSE(list().all.front().staged);
  }
  void pin(bool pinned) {
    const auto sysroot = glib::adopt(ostree_sysroot_new_default());
    glib::ErrorSlot error;
    ASSERT_TRUE(ostree_sysroot_load(sysroot.get(), nullptr, error) != FALSE);
    const glib::PtrArray all(ostree_sysroot_get_deployments(sysroot.get()));
    for (guint i = 0; i < all->len; ++i) {
      auto* const one = static_cast<OstreeDeployment*>(g_ptr_array_index(all.get(), i));
      if (one == ostree_sysroot_get_booted_deployment(sysroot.get())) continue;
      ASSERT_TRUE(ostree_sysroot_deployment_set_pinned(sysroot.get(), one, pinned ? TRUE : FALSE,
                                                       error) != FALSE);
    }
  }

  std::string written_;
};

TEST_F(WrittenPending, UnstageRemovesItAndTheBootedOneIsNext) {
  ASSERT_TRUE(world_.deployer().unstage(Stop()).ok());
  ASSERT_EQ(list().all.size(), 1U);
  EXPECT_TRUE(list().all.front().booted);
}

// Else a power cut before the shutdown would boot it: neither the old deployment nor the new one.
TEST_F(WrittenPending, StagingRemovesItFirst) {
  const auto staged = stage(0);
  ASSERT_EQ(list().all.size(), 2U);
  EXPECT_EQ(list().all[0], staged);
  EXPECT_TRUE(list().all[1].booted);
}

TEST_F(WrittenPending, APinnedOneStaysButIsNotNext) {
  pin(true);
  ASSERT_TRUE(world_.deployer().unstage(Stop()).ok());
  ASSERT_EQ(list().all.size(), 2U);
  EXPECT_TRUE(list().all[0].booted);
  EXPECT_EQ(list().all[1].id, written_);
  EXPECT_TRUE(list().all[1].pinned);
  ASSERT_TRUE(world_.deployer().clean_up(Stop()).ok());
  EXPECT_EQ(list().all.size(), 2U);
  pin(false);
}

TEST(BootedSysroot, IsTheSameThroughItsOtherName) {
  const auto deployer = ostree::open_sysroot_deployer({.sysroot = "/sysroot"}).value();
  const auto deployments = deployer->list(Stop()).value();
  EXPECT_NE(deployments.booted(), nullptr);
}

TEST(BootedSysroot, RefusesAnotherStaterootThanTheBootedOne) {
  const auto error = ostree::open_sysroot_deployer({.stateroot = "other"}).error();
  EXPECT_EQ(error, Error(Errc::kInvalid,
                         "the host runs from stateroot 'debian', not from 'other' "
                         "as the settings say"));
}

bool is_read_only(const char* path) {
  struct statvfs found = {};
  EXPECT_EQ(statvfs(path, &found), 0);
  return (found.f_flag & ST_RDONLY) != 0;
}

}  // namespace

}  // namespace pivotd

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  // Before any thread, as the daemon does it; everything after it needs it on this host.
  if (!pivotd::is_read_only("/sysroot") || !pivotd::is_read_only("/boot")) {
    std::fputs("this host is not as deployer.sh makes it: /sysroot or /boot is writable\n", stderr);
    return 1;
  }
  const auto entered = pivotd::ostree::enter_private_mounts({});
  if (!entered.ok() || pivotd::is_read_only("/sysroot") || pivotd::is_read_only("/boot")) {
    std::fprintf(stderr, "no writable mounts: %s\n",
                 entered.ok() ? "still read-only" : entered.error().message().c_str());
    return 1;
  }
  return RUN_ALL_TESTS();
}
