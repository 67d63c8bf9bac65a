#include "pivotd/model/kernel_args.h"

#include <gtest/gtest.h>

namespace pivotd {
namespace {

using Strings = std::vector<std::string>;

KernelArg arg(const std::string& text) {
  auto parsed = KernelArg::parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return std::move(parsed).value();
}

KernelArgs args(const std::string& line) {
  auto parsed = KernelArgs::parse(line);
  EXPECT_TRUE(parsed.ok()) << line;
  return std::move(parsed).value();
}

struct Line {
  std::string line;
  Strings args;
};

TEST(KernelArgs, SplitsALineAsTheKernelDoes) {
  const std::vector<Line> table{
      {"", {}},
      {" \t\n", {}},
      {"nosmt", {"nosmt"}},
      {"  nosmt  quiet\n", {"nosmt", "quiet"}},
      {"a\tb\nc\vd\fe\rf", {"a", "b", "c", "d", "e", "f"}},
      {" baz=test bar=\"hello world\"", {"baz=test", "bar=\"hello world\""}},
      {"\"bar=hello world\" x", {"\"bar=hello world\"", "x"}},
      {"a=\"b\"\"c d\"e f", {"a=\"b\"\"c d\"e", "f"}},
      {"a=\"b c", {"a=\"b c"}},
      {"a \"", {"a", "\""}},
      {"\"\"", {"\"\""}},
      {"a\\\"b c\\\" d", {"a\\\"b c\\\"", "d"}},  // a backslash escapes nothing
      {"'a b'", {"'a", "b'"}},                    // and a single quote quotes nothing
      {"foo=bar foo=baz foo=bar", {"foo=bar", "foo=baz", "foo=bar"}},
      {"hugepagesz=1G hugepages=4", {"hugepagesz=1G", "hugepages=4"}},
      {"=x a==b", {"=x", "a==b"}},
      {"rd.luks.name=\xc3\xa4", {"rd.luks.name=\xc3\xa4"}},
  };
  for (const auto& row : table) EXPECT_EQ(args(row.line).strings(), row.args) << row.line;
}

TEST(KernelArgs, RefusesControlCharactersThatDoNotSeparate) {
  for (const auto& line : std::vector<std::string>{
           std::string("a\x01"), std::string("a\0b", 3), std::string("a\x7f"),
           std::string("a=\"b\nc\""), std::string("a=\"b\tc\""), std::string("\x1b[31m")})
    EXPECT_FALSE(KernelArgs::parse(line).ok()) << line;
}

TEST(KernelArg, IsExactlyOneArgument) {
  for (const auto& text :
       std::vector<std::string>{"", " ", "a b", " a", "a ", "a\n", "\"a\" b", "a\tb"}) {
    const auto parsed = KernelArg::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code(), Errc::kInvalid);
  }
  EXPECT_EQ(KernelArg::parse("a b").error().message(),
            "'a b' is not one kernel argument: a blank separates unless it is in double quotes");
  EXPECT_EQ(arg("dyndbg=\"file x +p\"").str(), "dyndbg=\"file x +p\"");
}

struct Pair {
  std::string left;
  std::string right;
  bool equal;
};

TEST(KernelArg, IsEqualWhereTheKernelSeesNoDifference) {
  const std::vector<Pair> table{
      {"a=\"b c\"", "\"a=b c\"", true},
      {"a=\"b\"", "a=b", true},
      {"\"a\"", "a", true},
      {"a=\"b c", "\"a=b c", true},
      {"a=b", "a=c", false},
      {"a", "a=", false},
      {"a-b", "a_b", false},
      {"a=b\"c d\"", "a=\"bc d\"", false},
      {"a=b\" \"c", "a=\"b c\"", false},
      {"a=1", "A=1", false},
      {"=b", "b", false},
  };
  for (const auto& row : table)
    EXPECT_EQ(arg(row.left) == arg(row.right), row.equal) << row.left << " and " << row.right;
}

TEST(KernelArg, HasTheKeyBeforeItsFirstEqualsSign) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"nosmt", "nosmt"},           {"a=b=c", "a"}, {"\"a=b c\"", "a"}, {"ro\"ot\"=x", "root"},
      {"rd.luks-x=1", "rd.luks-x"}, {"=b=c", "=b"},
  };
  for (const auto& [text, key] : table) EXPECT_EQ(arg(text).key(), key) << text;
}

TEST(KernelArg, KnowsWhatTheHostNeedsToBoot) {
  for (const auto& text : std::vector<std::string>{
           "ostree=/ostree/boot.1/x/y/0", "root=UUID=1", "\"root=UUID=1\"", "rootflags=prjquota",
           "rootfstype=xfs", "boot=UUID=2", "rw", "ro", "init=/bin/sh", "initrd=/x",
           "BOOT_IMAGE=/x", "ignition.platform.id=metal", "ignition.firstboot", "fips=1",
           "ostree.prepare-root.x=1", "--"})
    EXPECT_TRUE(arg(text).is_boot_critical()) << text;
  for (const auto& text : std::vector<std::string>{"nosmt", "rootx=1", "xroot=1", "ostreex",
                                                   "rd.ostree=1", "rootwait", "console=ttyS0"})
    EXPECT_FALSE(arg(text).is_boot_critical()) << text;
}

TEST(KernelArg, KnowsWhereNeighboursMatter) {
  for (const auto& text :
       std::vector<std::string>{"hugepagesz=1G", "hugepages=4", "default_hugepagesz=2M",
                                "console=ttyS0", "earlycon", "earlyprintk=vga"})
    EXPECT_TRUE(arg(text).is_positional()) << text;
  EXPECT_FALSE(arg("nosmt").is_positional());
}

TEST(KernelArg, KnowsAQuoteThatIsNotClosed) {
  EXPECT_TRUE(arg("a=\"b c").has_open_quote());
  EXPECT_FALSE(arg("a=\"b c\"").has_open_quote());
  EXPECT_FALSE(arg("a").has_open_quote());
}

TEST(KernelArgs, JoinsWithSingleBlanks) {
  EXPECT_EQ(args(" a\t\"b c\"  d\n").str(), "a \"b c\" d");
  EXPECT_EQ(KernelArgs().str(), "");
}

struct Containment {
  std::string line;
  std::string others;
  bool in_order;
  bool at_end;
};

TEST(KernelArgs, FindsOthersInOrderAndAtTheEnd) {
  const std::vector<Containment> table{
      {"a b c", "", true, true},         {"", "", true, true},
      {"", "a", false, false},           {"a b c", "a c", true, false},
      {"a b c", "c a", false, false},    {"a b c", "b c", true, true},
      {"a b c", "a b c", true, true},    {"a b c", "a b c d", false, false},
      {"a a", "a a a", false, false},    {"x a=\"b c\"", "\"a=b c\"", true, true},
      {"a b a b", "a a b", true, false},
  };
  for (const auto& row : table) {
    EXPECT_EQ(args(row.line).contains_in_order(args(row.others)), row.in_order)
        << row.line << " / " << row.others;
    EXPECT_EQ(args(row.line).ends_with(args(row.others)), row.at_end)
        << row.line << " / " << row.others;
  }
}

TEST(KernelArgs, LeavesOutAKey) {
  EXPECT_EQ(args("a ostree=/x b=1 ostree ostreex=1").without_key("ostree"),
            args("a b=1 ostreex=1"));
}

TEST(KernelArgs, AppendsEvenItself) {
  auto line = args("a b");
  line.append(line);
  EXPECT_EQ(line.strings(), (Strings{"a", "b", "a", "b"}));
  EXPECT_TRUE(line.contains(arg("b")));
  EXPECT_FALSE(line.contains(arg("c")));
}

}  // namespace
}  // namespace pivotd
