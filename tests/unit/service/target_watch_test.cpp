#include "pivotd/service/target_watch.h"

#include <fstream>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "fakes/temporary_directory.h"

namespace pivotd::service {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

std::string config(const std::string& name, const std::string& args = "") {
  return concat(R"({"apiVersion":"machineconfiguration.openshift.io/v1","kind":"MachineConfig",)",
                R"("metadata":{"name":")", name, R"("},"spec":{"kernelArguments":["name=)", name,
                " ", args, R"("]}})");
}

// Runs the loop until something was told that the test waits for; the watchdog only ends a test
// that has failed already.
class TargetWatching : public testing::Test {
 protected:
  void start(const fs::path& file) {
    const TargetWatch::Callbacks callbacks{
        .changed =
            [this](const MachineConfig& target) {
              told.push_back(target.name);
              loop.quit();
            },
        .unusable =
            [this](const Error& error) {
              errors.push_back(error);
              loop.quit();
            },
    };
    watch = TargetWatch::start(
                loop, file, callbacks,
                {.settle = milliseconds(5), .longest = milliseconds(50), .doubt = milliseconds(30)})
                .value();
  }

  void wait() {
    const auto watchdog = loop.after(std::chrono::seconds(20), [this] {
      ADD_FAILURE() << "nothing was told";
      loop.quit();
    });
    loop.run();
  }

  void wait_for_target(const std::string& name) {
    while (told.empty() || told.back() != name) {
      const auto before = told.size() + errors.size();
      wait();
      if (told.size() + errors.size() == before) return;
    }
  }

  // Long enough for anything that was going to be told.
  void let_settle() {
    const auto end = loop.after(milliseconds(300), [this] { loop.quit(); });
    loop.run();
  }

  fakes::TemporaryDirectory directory;
  MainLoop loop;
  std::vector<std::string> told;
  std::vector<Error> errors;
  std::unique_ptr<TargetWatch> watch;
};

TEST_F(TargetWatching, TellsWhatIsThereAtTheStart) {
  start(directory.write("mc.json", config("one")));
  wait_for_target("one");
  EXPECT_EQ(std::vector<std::string>{"one"}, told);
}

TEST_F(TargetWatching, WaitsForAFileAndItsDirectory) {
  start(directory / "etc/pivotd/mc.json");
  wait();
  ASSERT_EQ(1U, errors.size());
  EXPECT_EQ(Errc::kNotFound, errors[0].code());
  directory.write("etc/pivotd/mc.json", config("one"));
  wait_for_target("one");
  EXPECT_EQ(std::vector<std::string>{"one"}, told);
}

TEST_F(TargetWatching, SeesARenameOverTheFile) {
  start(directory.write("mc.json", config("one")));
  wait_for_target("one");
  fs::rename(directory.write("mc.json.new", config("two")), directory / "mc.json");
  wait_for_target("two");
}

TEST_F(TargetWatching, SeesASymbolicLinkSwitchedAsKubernetesDoes) {
  directory.write("..1/mc.json", config("one"));
  directory.write("..2/mc.json", config("two"));
  fs::create_directory_symlink("..1", directory / "..data");
  fs::create_symlink("..data/mc.json", directory / "mc.json");
  start(directory / "mc.json");
  wait_for_target("one");
  fs::create_directory_symlink("..2", directory / "..new");
  fs::rename(directory / "..new", directory / "..data");
  wait_for_target("two");
  fs::rename(directory.write("..2/next", config("three")), directory / "..2/mc.json");
  wait_for_target("three");
}

TEST_F(TargetWatching, SeesTheWholeDirectoryReplaced) {
  start(directory.write("etc/mc.json", config("one")));
  wait_for_target("one");
  directory.write("other/mc.json", config("two"));
  fs::rename(directory / "etc", directory / "old");
  fs::rename(directory / "other", directory / "etc");
  wait_for_target("two");
}

TEST_F(TargetWatching, ActsOnlyOnACompleteVersionWrittenInPlace) {
  start(directory.write("mc.json", config("one")));
  wait_for_target("one");
  const auto text = config("two");
  std::ofstream stream(directory / "mc.json");
  for (std::size_t i = 0; i < text.size(); ++i) {
    stream << text[i] << std::flush;
    if (i % 16 == 0) {
      const auto pause = loop.after(milliseconds(1), [this] { loop.quit(); });
      loop.run();
    }
  }
  stream.close();
  wait_for_target("two");
  EXPECT_EQ((std::vector<std::string>{"one", "two"}), told);
}

TEST_F(TargetWatching, SaysNothingWhenTheSameIsAskedForAgain) {
  start(directory.write("mc.json", config("one")));
  wait_for_target("one");
  directory.write("mc.json", config("one") + "\n\n");
  fs::last_write_time(directory / "mc.json", fs::file_time_type::clock::now());
  let_settle();
  EXPECT_EQ(std::vector<std::string>{"one"}, told);
  EXPECT_TRUE(errors.empty());
}

TEST_F(TargetWatching, EndsWithTheNewestOfAThousandReplacements) {
  start(directory.write("mc.json", config("one")));
  wait_for_target("one");
  for (int i = 0; i < 1000; ++i)
    fs::rename(directory.write("mc.json.new", config(concat("n", i))), directory / "mc.json");
  wait_for_target("n999");
  let_settle();
  EXPECT_EQ("n999", told.back());
  EXPECT_LT(told.size(), 1000U) << "a burst is told by its last, not one by one";
  EXPECT_TRUE(errors.empty());
}

TEST_F(TargetWatching, TellsAVersionThatStaysBrokenOnceAndRecovers) {
  start(directory.write("mc.json", config("one")));
  wait_for_target("one");
  directory.write("mc.json", "{\"kind\": ");
  wait();
  ASSERT_EQ(1U, errors.size());
  EXPECT_EQ(Errc::kInvalid, errors[0].code());
  directory.write("mc.json", "{\"kind\": ");
  let_settle();
  EXPECT_EQ(1U, errors.size());
  directory.write("mc.json", config("two"));
  wait_for_target("two");
}

TEST_F(TargetWatching, TellsTheSameTargetAgainAfterItWasGone) {
  start(directory.write("mc.json", config("one")));
  wait_for_target("one");
  fs::remove(directory / "mc.json");
  wait();
  ASSERT_EQ(1U, errors.size());
  EXPECT_EQ(Errc::kNotFound, errors[0].code());
  directory.write("mc.json", config("one"));
  wait();
  EXPECT_EQ((std::vector<std::string>{"one", "one"}), told);
}

}  // namespace
}  // namespace pivotd::service
