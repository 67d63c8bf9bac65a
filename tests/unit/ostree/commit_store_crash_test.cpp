// A process that is killed in the middle of an import, and the next one.

#include <algorithm>
#include <csignal>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/ostree/commit_store_world.h"

namespace pivotd::ostree {
namespace {

namespace fs = std::filesystem;

// Imports in a process of its own, which dies by SIGKILL just before the n-th read.
void import_and_die(tests::StoreWorld& world, fakes::LayeredSource& source, const Image& image,
                    std::size_t n) {
  const auto child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    source.set_hook([first = source.reads(), n](std::size_t read) -> Result<void> {
      if (read == first + n) (void)kill(getpid(), SIGKILL);
      return {};
    });
    (void)world.import(image, source);
    _exit(0);  // it was not killed
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

// Imports in a process of its own and kills it as it enters or leaves its n-th system call after
// `mark` appeared, which is when publishing begins. Says how many there were until it ended.
std::size_t import_and_die_publishing(tests::StoreWorld& world, fakes::LayeredSource& source,
                                      const Image& image, const fs::path& mark, std::size_t n) {
  const auto child = fork();
  if (child == 0) {
    (void)ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    (void)raise(SIGSTOP);
    (void)world.import(image, source);
    _exit(0);
  }
  int status = 0;
  std::size_t calls = 0;
  bool is_publishing = false;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    is_publishing = is_publishing || fs::exists(mark);
    if (is_publishing && calls++ == n) {
      (void)kill(child, SIGKILL);
    } else {
      // What stopped it is our tracing; other signals are not expected and would be lost.
      (void)ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    }
  }
  return calls;
}

TEST(CommitStoreCrash, LeavesNothingVisibleAndTheNextRunGoesOn) {
  tests::TemporaryDirectory directory;
  tests::ImageMaker maker(directory.path());
  const auto commit = maker.commit("1");
  tests::StoreWorld world("bare");
  fakes::LayeredSource source;
  source.set_chunk(100'000);
  const auto layers = tests::make_layers(maker.files(), tests::Compression::kGzip, 1);
  const auto image = source.make(layers, commit);
  const auto before = world.visible();
  const auto reads = layers.front().bytes.size() / 100'000 + 1;
  ASSERT_GT(reads, 5U);
  for (std::size_t n = 0; n <= reads; ++n) {
    import_and_die(world, source, image, n);
    EXPECT_EQ(world.visible(), before) << n;
  }
  EXPECT_EQ(world.fsck(), "");
  const auto imported = world.import(image, source);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(imported->statistics().objects_written, 1U) << "the rest was staged before";
  EXPECT_EQ(world.fsck(), "");
  EXPECT_EQ(world.staged(), std::set<std::string>{});
}

TEST(CommitStoreCrash, LeavesNothingForEverWhenTheNextImportIsAnother) {
  tests::TemporaryDirectory directory;
  tests::ImageMaker first(directory.path() / "first");
  tests::ImageMaker second(directory.path() / "second");
  const auto first_commit = first.commit("1");
  const auto second_commit = second.commit("2");
  tests::StoreWorld world("bare");
  fakes::LayeredSource source;
  source.set_chunk(100'000);
  const auto first_layers = tests::make_layers(first.files(), tests::Compression::kGzip, 1);
  import_and_die(world, source, source.make(first_layers, first_commit), 8);
  const auto image =
      source.make(tests::make_layers(second.files(), tests::Compression::kGzip, 1), second_commit);
  ASSERT_TRUE(world.import(image, source).ok());
  EXPECT_EQ(world.staged(), std::set<std::string>{});
  world.ostree("prune --refs-only");

  tests::StoreWorld other("bare");
  ASSERT_TRUE(other.import(image, source).ok());
  EXPECT_EQ(world.visible(), other.visible());
}

// What only one of them has.
std::set<std::string> difference(const std::set<std::string>& one,
                                 const std::set<std::string>& other) {
  std::set<std::string> found;
  std::set_symmetric_difference(one.begin(), one.end(), other.begin(), other.end(),
                                std::inserter(found, found.end()));
  return found;
}

// Two seconds' worth of the hundreds of system calls; PIVOTD_CRASH_STEPS asks for more of them.
std::size_t steps() {
  const char* wanted = std::getenv("PIVOTD_CRASH_STEPS");
  return wanted == nullptr ? 12 : std::stoul(wanted);
}

TEST(CommitStoreCrash, PublishesAllOrNothing) {
  tests::TemporaryDirectory directory;
  tests::ImageMaker maker(directory.path());
  const auto commit = maker.commit("1");
  fakes::LayeredSource source;
  const auto image =
      source.make(tests::make_layers(maker.files(), tests::Compression::kGzip, 1), commit);
  const auto mark_name = fs::path("state") / (commit.str() + ".commitpartial");

  tests::StoreWorld undisturbed("bare");
  const auto calls = import_and_die_publishing(undisturbed, source, image,
                                               undisturbed.repo() / mark_name, SIZE_MAX);
  ASSERT_GT(calls, 100U);
  const auto whole = undisturbed.visible();
  const auto step = std::max<std::size_t>(1, calls / steps());
  for (std::size_t n = 0; n < calls; n += step) {
    tests::StoreWorld world("bare");
    (void)import_and_die_publishing(world, source, image, world.repo() / mark_name, n);
    EXPECT_EQ(world.fsck(), "") << n;
    const auto left = world.visible();
    const auto found = world.store().find(commit, Stop());
    ASSERT_TRUE(found.ok()) << found.error().message();
    const bool is_marked = left.contains(mark_name.string());
    EXPECT_EQ(found->has_value(), !is_marked) << n << ": not marked is complete";
    const auto imported = world.import(image, source);
    ASSERT_TRUE(imported.ok()) << n << ": " << imported.error().message();
    EXPECT_EQ(difference(world.visible(), whole), std::set<std::string>{}) << n;
    EXPECT_EQ(world.staged(), std::set<std::string>{}) << n;
  }
}

}  // namespace
}  // namespace pivotd::ostree
