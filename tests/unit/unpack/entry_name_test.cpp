#include "unpack/entry_name.h"

#include <gtest/gtest.h>

namespace pivotd::unpack {
namespace {

TEST(EntryName, IsRelativeToTheRootWithoutDotsOrDoubledSlashes) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {".", ""},
      {"/", ""},
      {"./", ""},
      {"a", "a"},
      {"./a/b", "a/b"},
      {"/a//b/./c/", "a/b/c"},
      {"...", "..."},
      {"..a", "..a"},
      {"a/..b/c", "a/..b/c"},
      {"a/.b", "a/.b"},
  };
  for (const auto& [name, normal] : cases) {
    const auto result = normalise_name(name, Limits{});
    ASSERT_TRUE(result.ok()) << name;
    EXPECT_EQ(*result, normal) << name;
  }
}

TEST(EntryName, IsRefusedWhereItLeadsOutOrIsTooLarge) {
  const Limits limits{.name_size = 20, .component_size = 8, .depth = 3};
  const std::pair<std::string, std::string> cases[] = {
      {"..", "whose name leads out of its directory"},
      {"a/..", "whose name leads out of its directory"},
      {"/../a", "whose name leads out of its directory"},
      {"a/../b", "whose name leads out of its directory"},
      {"123456789", "whose name has too long a component"},
      {"a/b/c/d", "whose name is too deep"},
      {"a/.........../bbbbbbbb", "whose name is too long"},
  };
  for (const auto& [name, problem] : cases) {
    const auto result = normalise_name(name, limits);
    ASSERT_FALSE(result.ok()) << name;
    EXPECT_EQ(result.error(),
              Error(Errc::kInvalid, "the tar has an entry '" + name + "', " + problem));
  }
}

TEST(EntryName, SaysWhatAWhiteoutHides) {
  const std::pair<std::string, WhiteoutName> cases[] = {
      {"", {}},
      {"a/b", {}},
      {"a/x.wh.b", {}},
      {".wh.a", {Whiteout::kEntry, "a"}},
      {"a/b/.wh.c", {Whiteout::kEntry, "a/b/c"}},
      {"a/.wh..c", {Whiteout::kEntry, "a/.c"}},
      {"a/.wh.....", {Whiteout::kEntry, "a/...."}},
      {".wh..wh..opq", {Whiteout::kOpaque, ""}},
      {"a/b/.wh..wh..opq", {Whiteout::kOpaque, "a/b"}},
      {".wh..wh.plnk", {Whiteout::kIgnored, ""}},
      {"a/.wh..wh.aufs", {Whiteout::kIgnored, ""}},
      {".wh..wh.plnk/1.2", {Whiteout::kIgnored, ""}},
  };
  for (const auto& [name, expected] : cases) {
    const auto result = parse_whiteout(name);
    ASSERT_TRUE(result.ok()) << name;
    EXPECT_EQ(*result, expected) << name;
  }
}

}  // namespace
}  // namespace pivotd::unpack
