#include "pivotd/model/errors.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace pivotd {
namespace {

struct Row {
  Errc code;
  std::string_view id;
  std::string_view kind;
  int exit_code;
};

TEST(Errors, HaveOneClassEach) {
  const std::vector<Row> table{
      {Errc::kInvalid, "config-invalid", "permanent", 1},
      {Errc::kUnsupported, "unsupported", "permanent", 6},
      {Errc::kDenied, "denied", "permanent", 3},
      {Errc::kIntegrity, "integrity", "permanent", 1},
      {Errc::kNotFound, "not-found", "permanent", 1},
      {Errc::kTransient, "transient", "transient", 1},
      {Errc::kBusy, "busy", "transient", 7},
      {Errc::kNoSpace, "no-space", "host", 5},
      {Errc::kHost, "host-io", "host", 5},
      {Errc::kCancelled, "cancelled", "none", 1},
      {Errc::kInternal, "internal", "permanent", 1},
  };
  ASSERT_EQ(table.size(), error_classes().size());
  for (const auto& row : table) {
    const auto& found = error_class(row.code);
    EXPECT_EQ(found.code, row.code);
    EXPECT_EQ(found.id, row.id);
    EXPECT_EQ(to_string(found.kind), row.kind);
    EXPECT_EQ(static_cast<int>(found.exit_code), row.exit_code);
  }
}

TEST(Errors, SayWhatAPersonDoesNextInOneSentence) {
  std::set<std::string_view> remedies;
  for (const auto& row : error_classes()) {
    EXPECT_GT(row.remedy.size(), 40U) << row.id;
    EXPECT_LT(row.remedy.size(), 160U) << row.id;
    EXPECT_EQ(row.remedy.find('\n'), std::string_view::npos) << row.id;
    EXPECT_FALSE(row.remedy.ends_with('.')) << row.id;
    EXPECT_TRUE(remedies.insert(row.remedy).second) << row.id;
  }
}

}  // namespace
}  // namespace pivotd
