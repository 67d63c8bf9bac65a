#include "pivotd/ostree/sysroot_deployer.h"

#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

#include "contract/deployer.h"
#include "fakes/fake_deployer.h"
#include "unit/ostree/sysroot_world.h"

namespace pivotd {

namespace {

namespace fs = std::filesystem;
using contract::AnyCommitStore;
using contract::DeployerContract;
using contract::DeployerWorld;
using contract::spec_of;
using tests::SysrootWorld;

Checksum checksum(const std::string& of) {
  return Checksum(Sha256::of(of));
}

class FakeWorld final : public DeployerWorld {
 public:
  explicit FakeWorld(bool booted) : deployer_(Deployments{{initial(booted)}}) {}
  Deployer& deployer() override { return deployer_; }
  Checksum commit(std::size_t index) override { return checksum(concat("commit ", index)); }

 private:
  static Deployment initial(bool booted) {
    auto deployment = fakes::FakeDeployer::booted_deployment(checksum("first"),
                                                             spec_of("root=/dev/vda").kernel_args);
    deployment.booted = booted;
    return deployment;
  }
  fakes::FakeDeployer deployer_;
};

class RealWorld final : public DeployerWorld {
 public:
  RealWorld() {
    const auto first = sysroot_.commit({.name = "first", .version = "1"});
    EXPECT_TRUE(
        deployer_->stage(AnyCommitStore::proof(first), spec_of("root=/dev/vda"), Stop()).ok());
  }
  Deployer& deployer() override { return *deployer_; }
  Checksum commit(std::size_t index) override { return commits_.at(index); }

 private:
  SysrootWorld sysroot_;
  std::unique_ptr<Deployer> deployer_ = sysroot_.open();
  std::vector<Checksum> commits_ = {sysroot_.commit({.name = "commit0", .version = "2"}),
                                    sysroot_.commit({.name = "commit1", .version = "3"})};
};

std::unique_ptr<DeployerWorld> booted_fake() {
  return std::make_unique<FakeWorld>(true);
}
std::unique_ptr<DeployerWorld> unbooted_fake() {
  return std::make_unique<FakeWorld>(false);
}
std::unique_ptr<DeployerWorld> unbooted_sysroot() {
  return std::make_unique<RealWorld>();
}

const auto by_index = [](const auto& info) { return concat("World", info.index); };
INSTANTIATE_TEST_SUITE_P(Fake, DeployerContract, testing::Values(booted_fake, unbooted_fake),
                         by_index);
INSTANTIATE_TEST_SUITE_P(Sysroot, DeployerContract, testing::Values(unbooted_sysroot), by_index);

class SysrootDeployer : public testing::Test {
 protected:
  Deployment stage(const Checksum& commit, const DeploymentSpec& spec) {
    auto staged = deployer_->stage(AnyCommitStore::proof(commit), spec, Stop());
    EXPECT_TRUE(staged.ok()) << (staged.ok() ? "" : staged.error().message());
    return staged.value().deployment();
  }
  Error stage_error(const Checksum& commit, const DeploymentSpec& spec) {
    auto staged = deployer_->stage(AnyCommitStore::proof(commit), spec, Stop());
    EXPECT_FALSE(staged.ok());
    return staged.error();
  }
  Deployments list() { return deployer_->list(Stop()).value(); }
  Checksum commit(const std::string& name) {
    return sysroot_.commit({.name = name, .version = ""});
  }

  SysrootWorld sysroot_;
  std::unique_ptr<Deployer> deployer_ = sysroot_.open();
};

TEST_F(SysrootDeployer, ListsNothingInASysrootWithoutDeployments) {
  EXPECT_EQ(list(), Deployments());
}

TEST_F(SysrootDeployer, WritesArgumentsToTheBootLoaderEntryByteForByte) {
  const std::string line = "root=/dev/vda rw a=\"b  c\" console=ttyS0 nosmt console=ttyS0 e=";
  stage(commit("one"), spec_of(line));
  EXPECT_TRUE(sysroot_.loader_options(0).starts_with(line + " ostree=/ostree/boot."))
      << sysroot_.loader_options(0);
}

TEST_F(SysrootDeployer, WritesTheOriginAsRpmOstreeWould) {
  const auto one = commit("one");
  const auto made = stage(one, spec_of("rw", "pivot://host/os@sha256:1"));
  const auto origin = read_file(sysroot_.directory_of(made).string() + ".origin", 4096);
  EXPECT_EQ(origin.value(), concat("[origin]\nrefspec=", one.str(),
                                   "\ncustom-url=pivot://host/os@sha256:1\n"
                                   "custom-description=Managed by a test\n"));
}

TEST_F(SysrootDeployer, TakesTheVersionFromTheCommit) {
  EXPECT_EQ(stage(sysroot_.commit({.name = "one", .version = "47.83"}), spec_of("rw")).version,
            "47.83");
  EXPECT_EQ(stage(commit("two"), spec_of("rw")).version, "");
}

TEST_F(SysrootDeployer, MergesTheEtcOfTheDeploymentItReplaces) {
  const auto first = stage(commit("one"), spec_of("rw"));
  std::ofstream(sysroot_.directory_of(first) / "etc/hostname") << "node-1\n";
  const auto second = stage(commit("two"), spec_of("rw"));
  EXPECT_EQ(read_file(sysroot_.directory_of(second) / "etc/hostname", 100).value(), "node-1\n");
}

TEST_F(SysrootDeployer, RefusesArgumentsThatALoaderEntryCannotHold) {
  const auto one = commit("one");
  const struct {
    std::string arg;
    std::string why;
  } cases[] = {
      {"ostree=/evil", "'ostree=' is libostree's own"},
      {"a=\"b ostree=/evil c\"", "'ostree=' is libostree's own"},
      {"\"ostree\"=/evil", "'ostree=' is libostree's own"},
      {"a=\"b c", "it opens a quote that it does not close"},
      {"a=\xFF", "not UTF-8"},
  };
  for (const auto& [arg, why] : cases) {
    const auto error = stage_error(one, spec_of("rw " + arg));
    EXPECT_EQ(error.code(), Errc::kUnsupported) << arg;
    EXPECT_TRUE(error.message().ends_with("boot loader entry: " + why)) << error.message();
  }
  EXPECT_EQ(list(), Deployments());
}

TEST_F(SysrootDeployer, RefusesACommitWithoutAKernel) {
  const auto kept = stage(commit("one"), spec_of("rw"));
  const auto bad = sysroot_.commit({.name = "two", .version = "", .has_kernel = false});
  const auto error = stage_error(bad, spec_of("rw"));
  EXPECT_EQ(error, Error(Errc::kInvalid,
                         "the commit cannot be booted: it has no kernel at "
                         "'/usr/lib/modules/VERSION/vmlinuz'")
                       .context(concat("deploying commit '", bad.str(), "'")));
  EXPECT_EQ(list().all, std::vector<Deployment>{kept});
}

// The proof was true once; the answer to its loss is another import, so it must not be an error
// that waits for a person.
TEST_F(SysrootDeployer, ACommitThatIsGoneIsTheHostsError) {
  EXPECT_EQ(stage_error(checksum("never made"), spec_of("rw")).code(), Errc::kHost);
}

TEST_F(SysrootDeployer, LeavesNothingOfADeploymentThatFailed) {
  const auto kept = stage(commit("one"), spec_of("rw"));
  const auto two = commit("two");
  for (const auto& entry :
       fs::recursive_directory_iterator(sysroot_.path() / "ostree/repo/objects")) {
    if (entry.path().extension() != ".file" || entry.file_size() != 3) continue;
    if (read_file(entry.path(), 3).value() == "two") fs::remove(entry.path());
  }
  EXPECT_EQ(stage_error(two, spec_of("rw")).code(), Errc::kHost);
  EXPECT_EQ(list().all, std::vector<Deployment>{kept});
  std::vector<fs::path> left;
  for (const auto& entry :
       fs::directory_iterator(sysroot_.path() / "ostree/deploy/testos/deploy")) {
    if (entry.is_directory()) left.push_back(entry.path());
  }
  EXPECT_EQ(left, std::vector<fs::path>{sysroot_.directory_of(kept)});
}

TEST_F(SysrootDeployer, SaysWhenAnotherProcessHoldsTheSysroot) {
  const auto one = commit("one");
  const auto lock = sysroot_.path() / "ostree/lock";
  const Fd held(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  ASSERT_EQ(fcntl(held.get(), F_OFD_SETLK, &whole), 0);
  const auto busy = Error(Errc::kBusy, concat("another process holds the sysroot lock of '",
                                              sysroot_.path().string(), "'"));
  EXPECT_EQ(stage_error(one, spec_of("rw")), busy);
  EXPECT_EQ(deployer_->unstage(Stop()).error(), busy);
  EXPECT_EQ(deployer_->clean_up(Stop()).error(), busy);
  EXPECT_TRUE(deployer_->list(Stop()).ok());
}

TEST_F(SysrootDeployer, ListsADeploymentWhoseOriginIsGone) {
  const auto made = stage(commit("one"), spec_of("rw"));
  fs::remove(sysroot_.directory_of(made).string() + ".origin");
  auto expected = made;
  expected.origin = expected.custom_origin = "";
  EXPECT_EQ(list().all, std::vector<Deployment>{expected});
}

TEST_F(SysrootDeployer, ReadsTheLayeredPackagesOfAnOrigin) {
  const auto made = stage(commit("one"), spec_of("rw"));
  std::ofstream(sysroot_.directory_of(made).string() + ".origin")
      << "[origin]\nbaserefspec=fedora:stable\n[packages]\nrequested=vim;strace;\n";
  auto expected = made;
  expected.origin = "fedora:stable";
  expected.custom_origin = "";
  expected.packages = {"strace", "vim"};
  EXPECT_EQ(list().all, std::vector<Deployment>{expected});
}

TEST_F(SysrootDeployer, DoesNotGuessTheArgumentsOfTheBaseDeployment) {
  stage(commit("one"), spec_of("rw"));
  const auto entry = sysroot_.path() / "boot/loader/entries/ostree-1-testos.conf";
  auto text = read_file(entry, 4096).value();
  text.replace(text.find("options rw"), 10, "options rw\x01");
  std::ofstream(entry) << text;
  const auto listed = deployer_->list(Stop());
  ASSERT_FALSE(listed.ok());
  EXPECT_EQ(listed.error().code(), Errc::kHost);
}

TEST_F(SysrootDeployer, ListsAFallbackWithArgumentsItCannotRead) {
  stage(commit("one"), spec_of("rw one"));
  stage(commit("two"), spec_of("rw two"));
  const auto entry = sysroot_.path() / "boot/loader/entries/ostree-1-testos.conf";
  auto text = read_file(entry, 4096).value();
  text.replace(text.find("options rw"), 10, "options rw\x01");
  std::ofstream(entry) << text;
  const auto listed = deployer_->list(Stop());
  ASSERT_TRUE(listed.ok()) << listed.error().message();
  ASSERT_EQ(listed->all.size(), 2U);
  EXPECT_EQ(listed->all[0].kernel_args.str(), "rw two");
  EXPECT_EQ(listed->all[1].kernel_args.str(), "");
}

TEST_F(SysrootDeployer, CleanUpPrunesWhatNothingRefersTo) {
  const auto one = commit("one");
  const auto two = commit("two");
  const auto unused = commit("unused");
  stage(one, spec_of("rw"));
  stage(two, spec_of("rw"));
  sysroot_.drop_refs();
  ASSERT_TRUE(deployer_->clean_up(Stop()).ok());
  EXPECT_TRUE(sysroot_.has_commit(one));
  EXPECT_TRUE(sysroot_.has_commit(two));
  EXPECT_FALSE(sysroot_.has_commit(unused));
}

TEST_F(SysrootDeployer, WantsAStaterootNamedWhereThereAreSeveral) {
  sysroot_.add_stateroot("other");
  auto options = sysroot_.options();
  EXPECT_EQ(ostree::open_sysroot_deployer(options).error(),
            Error(Errc::kInvalid,
                  concat("the sysroot '", sysroot_.path().string(),
                         "' has the stateroots 'other', 'testos': the settings must name one")));
  options.stateroot = "other";
  auto deployer = ostree::open_sysroot_deployer(options).value();
  EXPECT_EQ(deployer->stage(AnyCommitStore::proof(commit("one")), spec_of("rw"), Stop())
                .value()
                .deployment()
                .stateroot,
            "other");
  options.stateroot = "third";
  EXPECT_EQ(ostree::open_sysroot_deployer(options).error().code(), Errc::kNotFound);
}

TEST_F(SysrootDeployer, SaysThatADirectoryIsNoSysroot) {
  auto options = sysroot_.options();
  options.sysroot = sysroot_.path() / "boot";
  const auto expected =
      Error(Errc::kNotFound, concat("there is no OSTree sysroot at '", options.sysroot.string(),
                                    "': it has no 'ostree/repo'"));
  EXPECT_EQ(ostree::open_sysroot_deployer(options).error(), expected);
  EXPECT_EQ(ostree::sysroot_repo(options).error(), expected);
  EXPECT_EQ(ostree::sysroot_repo(sysroot_.options()).value(), sysroot_.path() / "ostree/repo");
}

TEST_F(SysrootDeployer, NeedsNoMountsOfItsOwnWhereNothingIsBooted) {
  const auto before = fs::read_symlink("/proc/self/ns/mnt");
  EXPECT_TRUE(ostree::enter_private_mounts(sysroot_.options()).ok());
  EXPECT_EQ(fs::read_symlink("/proc/self/ns/mnt"), before);
}

}  // namespace

}  // namespace pivotd
