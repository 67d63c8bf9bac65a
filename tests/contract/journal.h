#pragma once
// What every Journal promises, as a suite over its implementations.

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "pivotd/ports/journal.h"

namespace pivotd::contract {

struct JournalMaker {
  std::string name;
  std::function<std::shared_ptr<Journal>()> make;  // an empty one
};

class JournalContract : public testing::TestWithParam<JournalMaker> {
 protected:
  std::shared_ptr<Journal> journal = GetParam().make();

  static Record record(Phase phase, const std::string& name) {
    Record made;
    made.phase = phase;
    made.target_name = name;
    made.target = Digest::of(name);
    made.boot_id = "boot-1";
    made.kernel_args = KernelArgs::parse("a b=\"c d\" a").value();
    made.ledger = {{.line = made.kernel_args, .managed = KernelArgs::parse("a").value()}};
    made.error = RecordedError{.code = Errc::kNoSpace, .message = "no \"space\"\n"};
    return made;
  }
};

TEST_P(JournalContract, IsEmptyAtFirst) {
  const auto loaded = journal->load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(std::nullopt, loaded->record);
  EXPECT_EQ("", loaded->damage);
}

TEST_P(JournalContract, GivesBackTheNewestThatWasSaved) {
  ASSERT_TRUE(journal->save(record(Phase::kImporting, "one")).ok());
  ASSERT_TRUE(journal->save(record(Phase::kStaging, "two")).ok());
  const auto loaded = journal->load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(record(Phase::kStaging, "two"), loaded->record);
  EXPECT_EQ("", loaded->damage);
}

}  // namespace pivotd::contract
