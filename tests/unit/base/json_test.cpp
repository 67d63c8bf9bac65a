#include "pivotd/base/json.h"

#include <chrono>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

namespace pivotd::json {
namespace {

std::string problem(std::string_view text, const Limits& limits = {}) {
  const auto parsed = parse(text, "the text", limits);
  if (parsed.ok()) return "accepted";
  EXPECT_EQ(parsed.error().code(), Errc::kInvalid);
  return parsed.error().message();
}

Value parsed(std::string_view text) {
  auto value = parse(text, "the text");
  EXPECT_TRUE(value.ok()) << text << ": " << value.error().message();
  return std::move(value).value();
}

TEST(Json, KeepsEveryValueAndTheOrderOfMembers) {
  const std::string text =
      R"({"z":null,"a":true,"n":[0,-9223372036854775808,18446744073709551615,1.5,"x\"ü\u0000"],"e":{},"l":[]})";
  const auto value = parsed(text);
  EXPECT_EQ(value, Value(Object{{"z", nullptr},
                                {"a", true},
                                {"n", Array{0, std::int64_t{INT64_MIN}, std::uint64_t{UINT64_MAX},
                                            1.5, std::string("x\"ü\0", 5)}},
                                {"e", Object{}},
                                {"l", Array{}}}));
  EXPECT_EQ(dump(value), text);
  EXPECT_EQ(parsed(dump(value, 2)), value);
}

TEST(Json, HasOneCanonicalForm) {
  const auto one = parsed("{\"b\": [1, {\"d\": 1, \"c\": 2}],\n \"a\": null}");
  const auto other = parsed(R"({"a":null,"b":[1,{"c":2,"d":1}]})");
  EXPECT_EQ(dump_canonical(one), R"({"a":null,"b":[1,{"c":2,"d":1}]})");
  EXPECT_EQ(dump_canonical(one), dump_canonical(other));
  EXPECT_NE(one, other);  // the order of members is part of a value
}

TEST(Json, RefusesWhatIsNotStrictly) {
  for (const auto& text : std::vector<std::string>{"",
                                                   " ",
                                                   "{",
                                                   "[1,]",
                                                   "{\"a\":1,}",
                                                   "{a:1}",
                                                   "'a'",
                                                   "01",
                                                   "+1",
                                                   "1.",
                                                   ".5",
                                                   "NaN",
                                                   "1 2",
                                                   "{} x",
                                                   "// c\n1",
                                                   "/* c */ 1",
                                                   "\"\x01\"",
                                                   "\"\\x\"",
                                                   "\"\\ud800\"",
                                                   "\"\xff\"",
                                                   "\"\xc0\xaf\"",
                                                   "[\"\xed\xa0\x80\"]",
                                                   "\"a",
                                                   "tru",
                                                   "nul",
                                                   "{\"a\"}",
                                                   "{\"a\":}",
                                                   "]",
                                                   "1e999"})
    EXPECT_NE(problem(text), "accepted") << text;
  EXPECT_EQ(problem(std::string_view("\n{}\0{\"more\": 1}", 15)),
            "the text, line 2: has a NUL byte");
}

TEST(Json, NamesTheLineOfAMistake) {
  EXPECT_EQ(problem("{\n\"a\": 1,\n\"b\" 2}"),
            "the text, line 3: syntax error while parsing object separator - unexpected number "
            "literal; expected ':'");
  EXPECT_EQ(problem("\xEF\xBB\xBF{}"), "the text, line 1: starts with a byte order mark");
}

TEST(Json, RefusesDuplicateKeys) {
  EXPECT_EQ(problem("{\"a\": 1,\n\"a\": 2}"),
            "the text, line 2: key 'a' occurs twice in one object");
  EXPECT_EQ(problem(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]})"), "accepted");
  EXPECT_EQ(problem(R"({"a": 1, "\u0061": 2})"),
            "the text, line 1: key 'a' occurs twice in one object");
  EXPECT_EQ(problem(R"({"a": 1, "A": 2})"), "accepted");
  EXPECT_EQ(problem(R"({"a": 1, "A": 2})", {.duplicates = DuplicateKeys::kRefuseSameFolded}),
            "the text, line 1: key 'A' occurs twice in one object");
}

TEST(Json, LimitsDepthAndSize) {
  const std::string nested(100'000, '[');
  EXPECT_EQ(problem(nested), "the text, line 1: nested deeper than the limit of 64");
  EXPECT_EQ(problem("[[1]]", {.depth = 2}), "accepted");
  EXPECT_EQ(problem("[[[1]]]", {.depth = 2}),
            "the text, line 1: nested deeper than the limit of 2");
  EXPECT_EQ(problem("[1]", {.bytes = 3}), "accepted");
  EXPECT_EQ(problem("[1] ", {.bytes = 3}),
            "the text is larger than the limit of 3 bytes: it has 4");
}

TEST(Json, RemembersTheLineOfEachValue) {
  const auto value = parsed("{\n\"a\": 1\n,\"b\":\n[\n2,\n\"x\"\n]\n}");
  EXPECT_EQ(value.line(), 1);
  EXPECT_EQ(value.find("a")->line(), 2);
  EXPECT_EQ(value.find("b")->line(), 4);
  EXPECT_EQ(value.find("b")->array()->at(0).line(), 5);
  EXPECT_EQ(value.find("b")->array()->at(1).line(), 6);
}

TEST(Json, WritesStringsThatAreNotText) {
  EXPECT_EQ(dump(Value("\xff")), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(dump_canonical(Value("\xff")), "\"\xEF\xBF\xBD\"");
}

TEST(Cursor, ReadsWithTypes) {
  const auto value = parsed(R"({"s": "x", "b": true, "i": -1, "u": 18446744073709551615, "n": null,
                               "a": [1, 2], "o": {"k": "v"}})");
  const Cursor root(value);
  EXPECT_EQ(*root.member("s")->string(), "x");
  EXPECT_EQ(*root.member("b")->boolean(), true);
  EXPECT_EQ(*root.member("i")->integer(), -1);
  EXPECT_EQ(*root.member("u")->unsigned_integer(), UINT64_MAX);
  EXPECT_EQ(root.member("a")->elements()->at(1).path(), "a[1]");
  EXPECT_EQ(*root.member("a")->elements()->at(1).unsigned_integer(), 2U);
  const auto members = *root.member("o")->members();
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].first, "k");
  EXPECT_EQ(members[0].second.path(), "o.k");
  EXPECT_FALSE(root.optional_member("n")->has_value());
  EXPECT_FALSE(root.optional_member("absent")->has_value());
  EXPECT_TRUE(root.optional_member("s")->has_value());
}

TEST(Cursor, SaysWhereItStoodAndWhatItExpected) {
  const auto value = parsed("{\"a\": [1,\n{\"b\": -1}], \"f\": 1.5, \"n\": null}");
  const Cursor root(value);
  const auto element = root.member("a")->elements()->at(1);
  EXPECT_EQ(element.member("x").error().message(), "a[1] (line 2): has no 'x'");
  EXPECT_EQ(element.string().error().message(),
            "a[1] (line 2): expected a string, found an object");
  EXPECT_EQ(element.member("b")->unsigned_integer().error().message(),
            "a[1].b (line 2): expected a whole number that is not negative, found a number");
  EXPECT_EQ(element.member("b")->optional_member("c").error().message(),
            "a[1].b (line 2): expected an object, found a number");
  EXPECT_EQ(root.member("f")->integer().error().message(),
            "f (line 2): expected a whole number, found a fractional number");
  EXPECT_EQ(root.member("n")->boolean().error().message(),
            "n (line 2): expected true or false, found null");
  EXPECT_EQ(root.elements().error().message(),
            "the document (line 1): expected an array, found an object");
  EXPECT_EQ(root.member("a")->members().error().message(),
            "a (line 1): expected an object, found an array");
  EXPECT_EQ(Cursor(Value(5)).string().error().message(),
            "the document: expected a string, found a number");
}

}  // namespace
}  // namespace pivotd::json
