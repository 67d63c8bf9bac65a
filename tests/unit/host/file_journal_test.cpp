#include "pivotd/host/file_journal.h"

#include <sys/stat.h>

#include "contract/journal.h"
#include "fakes/fake_world.h"
#include "fakes/temporary_directory.h"

namespace pivotd::contract {
namespace {

using fakes::content_of;
using fakes::TemporaryDirectory;

// Keeps the directory as long as the journal in it.
std::shared_ptr<Journal> journal_in_a_directory() {
  struct Both {
    TemporaryDirectory directory;
    std::unique_ptr<Journal> journal;
  };
  auto both = std::make_shared<Both>();
  both->journal = host::open_file_journal(both->directory / "state").value();
  return {both, both->journal.get()};
}

std::shared_ptr<Journal> journal_in_memory() {
  return std::make_shared<fakes::FakeJournal>([](std::string_view) {});
}

INSTANTIATE_TEST_SUITE_P(Journals, JournalContract,
                         testing::Values(JournalMaker{"Files", journal_in_a_directory},
                                         JournalMaker{"Fake", journal_in_memory}),
                         [](const auto& each) { return each.param.name; });

Record named(const std::string& name) {
  Record record;
  record.target_name = name;
  return record;
}

class FileJournal : public testing::Test {
 protected:
  TemporaryDirectory directory;
  std::unique_ptr<Journal> journal = host::open_file_journal(directory / "state").value();
  std::filesystem::path current = directory / "state/record.json";
  std::filesystem::path previous = directory / "state/record.json.1";

  void damage(const std::filesystem::path& file) { std::ofstream(file) << "{\"phase\": "; }
};

TEST_F(FileJournal, IsForItsOwnerOnly) {
  ASSERT_TRUE(journal->save(named("one")).ok());
  struct stat status {};
  ASSERT_EQ(0, ::stat((directory / "state").c_str(), &status));
  EXPECT_EQ(0700U, status.st_mode & 0777);
  ASSERT_EQ(0, ::stat(current.c_str(), &status));
  EXPECT_EQ(0600U, status.st_mode & 0777);
}

TEST_F(FileJournal, FallsBackToThePreviousGenerationAndSaysSo) {
  ASSERT_TRUE(journal->save(named("one")).ok());
  ASSERT_TRUE(journal->save(named("two")).ok());
  damage(current);
  const auto loaded = journal->load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(named("one"), loaded->record);
  EXPECT_NE(std::string::npos, loaded->damage.find(current.string()));
}

TEST_F(FileJournal, DoesNotLetADamagedGenerationDisplaceTheGoodOneBefore) {
  ASSERT_TRUE(journal->save(named("one")).ok());
  ASSERT_TRUE(journal->save(named("two")).ok());
  damage(current);
  ASSERT_TRUE(journal->save(named("three")).ok());
  damage(current);
  EXPECT_EQ(named("one"), journal->load()->record);
}

TEST_F(FileJournal, HasNoRecordWhenBothGenerationsAreDamaged) {
  ASSERT_TRUE(journal->save(named("one")).ok());
  ASSERT_TRUE(journal->save(named("two")).ok());
  damage(current);
  damage(previous);
  const auto loaded = journal->load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(std::nullopt, loaded->record);
  EXPECT_NE("", loaded->damage);
  ASSERT_TRUE(journal->save(named("three")).ok());
  EXPECT_EQ(named("three"), journal->load()->record);
}

// One byte changed anywhere is seen.
TEST_F(FileJournal, SeesEveryFlippedByte) {
  ASSERT_TRUE(journal->save(named("one")).ok());
  const auto good = content_of(current);
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(current) << bad;
    const auto loaded = journal->load();
    ASSERT_TRUE(loaded.ok());
    EXPECT_TRUE(!loaded->record || loaded->record == named("one")) << "byte " << i << ": " << bad;
  }
}

TEST_F(FileJournal, LeavesNothingBesideItsTwoFiles) {
  for (const auto* name : {"one", "two", "three"}) ASSERT_TRUE(journal->save(named(name)).ok());
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "state"))
    names.insert(entry.path().filename());
  EXPECT_EQ((std::set<std::string>{"record.json", "record.json.1"}), names);
}

TEST_F(FileJournal, KeepsTheOldRecordWhenTheNewOneCannotBeWritten) {
  ASSERT_TRUE(journal->save(named("one")).ok());
  std::filesystem::create_directory(current.string() + ".new");  // where the new one is written
  const auto saved = journal->save(named("two"));
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(Errc::kHost, saved.error().code());
  EXPECT_EQ(named("one"), journal->load()->record);
}

}  // namespace
}  // namespace pivotd::contract
