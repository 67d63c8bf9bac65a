#include "pivotd/base/files.h"

#include <csignal>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pivotd {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "pivotd-files-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { fs::remove_all(directory_); }

  fs::path path(const std::string& name) const { return directory_ / name; }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
  }
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_))
      names.insert(entry.path().filename().string());
    return names;
  }
  mode_t mode(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat(path(name).c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

  fs::path directory_;
};

TEST_F(Files, AreReadWhole) {
  const std::string content = std::string("a\0b", 3) + std::string(200'000, 'x');
  write("f", content);
  EXPECT_EQ(*read_file(path("f"), content.size()), content);
  write("empty", "");
  EXPECT_EQ(*read_file(path("empty"), 0), "");
  fs::create_symlink("f", path("link"));
  EXPECT_EQ(*read_file(path("link"), content.size()), content);
  EXPECT_GT(read_file("/proc/self/status", 1 << 20)->size(), 100U);  // says that it has 0 bytes
}

TEST_F(Files, AreRefusedWhenTooLargeOrNotFiles) {
  write("f", "abcd");
  EXPECT_EQ(
      read_file(path("f"), 3).error(),
      Error(Errc::kInvalid, "'" + path("f").string() + "' is larger than the limit of 3 bytes"));
  EXPECT_EQ(read_file(directory_, 10).error().code(), Errc::kInvalid);
  // Reading a pipe that nobody writes to must not wait.
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_file(path("fifo"), 10).error().code(), Errc::kInvalid);
  EXPECT_EQ(read_file("/dev/zero", 10).error().code(), Errc::kInvalid);
}

TEST_F(Files, MayBeAbsent) {
  EXPECT_EQ(read_file(path("f"), 10).error().code(), Errc::kNotFound);
  EXPECT_EQ(*read_file_if_exists(path("f"), 10), std::nullopt);
  write("f", "abc");
  EXPECT_EQ(*read_file_if_exists(path("f"), 10), "abc");
  EXPECT_FALSE(read_file_if_exists(path("f"), 2).ok());
  EXPECT_FALSE(read_file_if_exists(directory_, 2).ok());
}

TEST_F(Files, AreReplacedWhole) {
  for (const auto durability : {Durability::kPowerCut, Durability::kProcessOnly}) {
    ASSERT_TRUE(replace_file(path("f"), "first", 0600, durability).ok());
    EXPECT_EQ(mode("f"), 0600U);
    // Whoever has the old one open keeps it.
    std::ifstream old(path("f"));
    ASSERT_TRUE(replace_file(path("f"), "second", 0644, durability).ok());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(old), {}), "first");
    EXPECT_EQ(*read_file(path("f"), 10), "second");
    EXPECT_EQ(mode("f"), 0644U);
    EXPECT_EQ(names(), (std::set<std::string>{"f"}));
  }
}

TEST_F(Files, HaveTheModeAskedForWhateverTheUmask) {
  const auto old = ::umask(0077);
  const auto replaced = replace_file(path("f"), "x", 0644, Durability::kProcessOnly);
  ::umask(old);
  ASSERT_TRUE(replaced.ok());
  EXPECT_EQ(mode("f"), 0644U);
}

TEST_F(Files, AreReplacedOverTheLeftOversOfACrash) {
  write("f", "old");
  write("f.new", "half written and longer than the next one");
  ASSERT_TRUE(replace_file(path("f"), "new", 0600, Durability::kPowerCut).ok());
  EXPECT_EQ(*read_file(path("f"), 10), "new");
  EXPECT_EQ(names(), (std::set<std::string>{"f"}));
}

TEST_F(Files, StayAsTheyWereWhenTheyCannotBeReplaced) {
  // The rename fails: a directory that is not empty is in the way.
  fs::create_directories(path("f") / "x");
  EXPECT_FALSE(replace_file(path("f"), "new", 0600, Durability::kPowerCut).ok());
  EXPECT_EQ(names(), (std::set<std::string>{"f"}));
  EXPECT_EQ(replace_file(path("absent/f"), "new", 0600, Durability::kPowerCut).error().code(),
            Errc::kNotFound);
}

// As on a full disk: some bytes go out, and then no more.
TEST_F(Files, StayAsTheyWereWhenAWriteFails) {
  write("f", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto replaced =
      replace_file(path("f"), std::string(100'000, 'x'), 0600, Durability::kPowerCut);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  (void)std::signal(SIGXFSZ, handler);
  EXPECT_EQ(replaced.error().message(),
            "writing '" + path("f").string() + ".new': writing: File too large");
  EXPECT_EQ(*read_file(path("f"), 10), "old");
  EXPECT_EQ(names(), (std::set<std::string>{"f"}));
}

TEST_F(Files, DoNotFollowALinkLaidForThem) {
  write("victim", "untouched");
  fs::create_symlink("victim", path("f.new"));
  (void)replace_file(path("f"), "evil", 0600, Durability::kProcessOnly);  // may fail or not
  EXPECT_EQ(*read_file(path("victim"), 20), "untouched");
}

TEST_F(Files, LockOutOthers) {
  const auto lock = path("run") / "lock";
  {
    const auto held = FileLock::acquire(lock);
    ASSERT_TRUE(held.ok()) << held.error().message();
    EXPECT_EQ(FileLock::acquire(lock).error(),
              Error(Errc::kBusy, "another pivotd is running (it holds '" + lock.string() +
                                     "'): use it, or stop it first"));
  }
  EXPECT_TRUE(FileLock::acquire(lock).ok());
}

TEST_F(Files, CannotBeSyncedWhereThereAreNone) {
  EXPECT_TRUE(sync_directory(directory_).ok());
  EXPECT_EQ(sync_directory(path("absent")).error().code(), Errc::kNotFound);
}

}  // namespace
}  // namespace pivotd
