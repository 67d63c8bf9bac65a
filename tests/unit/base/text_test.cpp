#include "pivotd/base/text.h"

#include <limits>

#include <gtest/gtest.h>

namespace pivotd {
namespace {

using Strings = std::vector<std::string>;

TEST(Text, Concatenates) {
  EXPECT_EQ(concat(), "");
  EXPECT_EQ(concat("a", std::string("b"), std::string_view("c"), 'd', 5, std::uint64_t{6}, -7),
            "abcd56-7");
}

TEST(Text, JoinsAndSplits) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"", "a", ""}, ","), ",a,");
  EXPECT_EQ(split("a,,b", ','), (Strings{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (Strings{""}));
  EXPECT_EQ(split(",", ','), (Strings{"", ""}));
}

TEST(Text, SaysSizesInPowersOfTen) {
  const std::vector<std::pair<std::uint64_t, std::string>> table{
      {0, "0 B"},
      {999, "999 B"},
      {1000, "1.0 kB"},
      {559'200'000, "559.2 MB"},
      {999'949, "999.9 kB"},
      {999'951, "1.0 MB"},
      {std::numeric_limits<std::uint64_t>::max(), "18.4 EB"}};
  for (const auto& [bytes, text] : table) EXPECT_EQ(human_bytes(bytes), text);
}

TEST(Text, SaysDurations) {
  const std::vector<std::pair<int, std::string>> table{
      {-5, "0 s"},           {0, "0 s"},          {59, "59 s"},        {60, "1 min 0 s"},
      {3599, "59 min 59 s"}, {3600, "1 h 0 min"}, {3780, "1 h 3 min"}, {360000, "100 h 0 min"}};
  for (const auto& [seconds, text] : table)
    EXPECT_EQ(human_duration(std::chrono::seconds(seconds)), text);
}

TEST(Text, MakesBytesFromOutsideSafeForOneLine) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"plain", "plain"},
      {"a\nb\tc\rd", "a?b?c?d"},
      {std::string("a\0b", 3), "a?b"},
      {"\x1b[31mred\x7f", "?[31mred?"},
      {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
       "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"\xc3", "?"},                 // cut short
      {"\xc0\xaf", "??"},            // overlong
      {"\xe0\x80\xaf", "???"},       // overlong
      {"\xed\xa0\x80", "???"},       // a surrogate
      {"\xf4\x90\x80\x80", "????"},  // beyond Unicode
      {"\xff\xfe", "??"},
      {"\x80", "?"}};
  for (const auto& [text, safe] : table) EXPECT_EQ(printable(text), safe);
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
  // Never in the middle of a character.
  EXPECT_EQ(printable("\xc3\xbc\xc3\xbc\xc3\xbc", 3), "\xc3\xbc\xc3\xbc...");
}

}  // namespace
}  // namespace pivotd
