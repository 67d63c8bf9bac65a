#include "plan/kernel_line.h"

#include <gtest/gtest.h>

#include "unit/plan/builders.h"

namespace pivotd {
namespace {

using Words = std::vector<std::string>;

LedgerEntry entry(std::string_view line, std::string_view managed) {
  return {.line = args(line), .managed = args(managed)};
}

struct Row {
  std::string current;
  std::string wanted;
  Ledger ledger;
  std::string line;
  std::string managed;
  std::string added;
  std::string removed;
};

void check(const std::vector<Row>& table) {
  for (const auto& row : table) {
    const auto plan = plan_kernel_line(args(row.current), args(row.wanted), row.ledger);
    const auto what = concat("'", row.current, "' for '", row.wanted, "'");
    EXPECT_EQ(plan.args.line.str(), row.line) << what;
    EXPECT_EQ(plan.args.managed.str(), row.managed) << what;
    EXPECT_EQ(plan.args.added.str(), row.added) << what;
    EXPECT_EQ(plan.args.removed.str(), row.removed) << what;
    EXPECT_EQ(plan.problems, Words{}) << what;
    // What was carried out is there: planning again changes nothing, now or ever.
    auto ledger = row.ledger;
    ledger.insert(ledger.begin(), {.line = plan.args.line, .managed = plan.args.managed});
    const auto again = plan_kernel_line(plan.args.line, args(row.wanted), ledger);
    EXPECT_EQ(again.args.line.str(), row.line) << "again: " << what;
    EXPECT_EQ(again.args.managed.str(), row.managed) << "again: " << what;
  }
}

// What the Machine Config Daemon's own tests say of (old, new): here the host has the old, and gets
// the new behind what it has of its own.
TEST(KernelLine, MakesOfTheMachineConfigDaemonsVectorsWhatItWould) {
  struct Vector {
    std::string before;
    std::string after;
  };
  const std::vector<Vector> table{
      {"", "hello=world"},
      {"hello=world", ""},
      {"foo bar=1 hello=world", "hello=world"},
      {"foo bar=1 hello=world baz", "foo bar=1 hello=world"},
      {"foo bar=1 hello=world", "foo bar=1 hello=world baz"},
      {"baz=test bar=\"hello world\"", "baz=test bar=\"hello world\" foo"},
      {"baz=test bar=\"hello world\"", "foo bar=\"hello moon\""},
      {"hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=4",
       "hugepagesz=2M hugepages=4 hugepagesz=1G hugepages=4"},
      {"z=4 y=1 x=2", "x=2 y=1 z=4"},
  };
  const std::string own = "root=/dev/x rw quiet";
  for (const auto& row : table) {
    const auto before = args(concat(own, " ", row.before));
    const auto plan =
        plan_kernel_line(before, args(row.after), {{.line = before, .managed = args(row.before)}});
    EXPECT_EQ(plan.args.line, args(concat(own, " ", row.after))) << row.before;
    EXPECT_EQ(plan.args.managed, args(row.after)) << row.before;
  }
}

TEST(KernelLine, AppendsWhatIsMissingInTheTargetsOrder) {
  check({
      {"rw", "", {}, "rw", "", "", ""},
      {"", "a b", {}, "a b", "a b", "a b", ""},
      {"rw quiet", "z=4 y=1", {}, "rw quiet z=4 y=1", "z=4 y=1", "z=4 y=1", ""},
      {"rw", "foo=1 foo=2", {}, "rw foo=1 foo=2", "foo=1 foo=2", "foo=1 foo=2", ""},
      {"rw", "a a", {}, "rw a a", "a a", "a a", ""},
  });
}

TEST(KernelLine, LeavesOutWhatIsThereWithTheSameEffect) {
  check({
      {"nosmt rw", "nosmt", {}, "nosmt rw", "", "", ""},
      {"a x b", "a b", {}, "a x b", "", "", ""},
      {"b x a", "a b", {}, "b x a", "", "", ""},
      {"nosmt rw", "nosmt b", {}, "nosmt rw b", "b", "b", ""},
      {"a=\"b c\" rw", "\"a=b c\"", {}, "a=\"b c\" rw", "", "", ""},
      // Another value follows and wins: the target's has to come after it.
      {"foo=1 foo=2 rw", "foo=1", {}, "foo=1 foo=2 rw foo=1", "foo=1", "foo=1", ""},
      {"foo=1 rw", "foo=1 foo=2", {}, "foo=1 rw foo=1 foo=2", "foo=1 foo=2", "foo=1 foo=2", ""},
      // An argument whose neighbours matter counts only with them.
      {"console=ttyS0 console=tty0 rw",
       "console=ttyS0",
       {},
       "console=ttyS0 console=tty0 rw console=ttyS0",
       "console=ttyS0",
       "console=ttyS0",
       ""},
      {"console=tty0 console=ttyS0 rw",
       "console=ttyS0",
       {},
       "console=tty0 console=ttyS0 rw",
       "",
       "",
       ""},
      {"hugepagesz=1G hugepages=4 rw",
       "hugepagesz=1G hugepages=4",
       {},
       "hugepagesz=1G hugepages=4 rw",
       "",
       "",
       ""},
      {"hugepagesz=1G hugepagesz=2M hugepages=4 rw",
       "hugepagesz=1G hugepages=4",
       {},
       "hugepagesz=1G hugepagesz=2M hugepages=4 rw hugepagesz=1G hugepages=4",
       "hugepagesz=1G hugepages=4",
       "hugepagesz=1G hugepages=4",
       ""},
  });
}

TEST(KernelLine, TakesOverTheTailOfTheMachineConfigDaemon) {
  check({
      {"rw nosmt a=1", "nosmt a=1", {}, "rw nosmt a=1", "nosmt a=1", "", ""},
      // It appends without looking at what the base image has.
      {"rw nosmt nosmt", "nosmt", {}, "rw nosmt nosmt", "nosmt", "", ""},
      // Between two reigns of pivotd it changed the line.
      {"rw new=1", "new=1", {entry("rw old=1", "old=1")}, "rw new=1", "new=1", "", ""},
  });
}

TEST(KernelLine, DoesNotTakeWhatItKnowsToBeSomebodyElses) {
  check({
      {"rw nosmt", "nosmt", {entry("rw nosmt", "")}, "rw nosmt", "", "", ""},
      {"rw nosmt", "", {entry("rw nosmt", "")}, "rw nosmt", "", "", ""},
      {"rw nosmt a", "nosmt", {entry("rw nosmt a", "a")}, "rw nosmt", "", "", "a"},
      {"rw nosmt nosmt", "", {entry("rw nosmt nosmt", "nosmt")}, "rw nosmt", "", "", "nosmt"},
      {"rw nosmt nosmt",
       "nosmt",
       {entry("rw nosmt nosmt", "nosmt")},
       "rw nosmt nosmt",
       "nosmt",
       "",
       ""},
      // What we staged was never booted: the host is as it was before.
      {"console=ttyS0 console=tty0 rw",
       "",
       {entry("console=ttyS0 console=tty0 rw console=ttyS0", "console=ttyS0")},
       "console=ttyS0 console=tty0 rw",
       "",
       "",
       ""},
  });
}

TEST(KernelLine, ReplacesWhatIsItsOwn) {
  check({
      {"rw a b", "c", {entry("rw a b", "a b")}, "rw c", "c", "c", "a b"},
      {"rw a b", "", {entry("rw a b", "a b")}, "rw", "", "", "a b"},
      {"rw a b", "b a", {entry("rw a b", "a b")}, "rw b a", "b a", "", ""},
      {"rw a b", "b", {entry("rw a b", "a b")}, "rw b", "b", "", "a"},
      {"rw a=\"x y\"", "b", {entry("rw \"a=x y\"", "\"a=x y\"")}, "rw b", "b", "b", "a=\"x y\""},
      // The entry of this very line, not the newest.
      {"rw a", "c", {entry("rw b", "b"), entry("rw a", "a")}, "rw c", "c", "c", "a"},
      // An administrator put something in front: ours are the tail.
      {"new rw a", "c", {entry("rw b", "b"), entry("rw a", "a")}, "new rw c", "c", "c", "a"},
      // And behind: the last one of each is ours.
      {"a rw a b new", "", {entry("a rw a b", "a b")}, "a rw new", "", "", "a b"},
      {"a rw a b new", "c", {entry("a rw a b", "a b")}, "a rw new c", "c", "c", "a b"},
  });
}

std::vector<std::string> reasons(const KernelLine& line) {
  std::vector<std::string> words;
  for (const auto& reason : line.reasons) {
    EXPECT_EQ(reason.what, "kernel arguments");
    words.push_back(reason.why);
  }
  return words;
}

TEST(KernelLine, SaysWhatItDoes) {
  EXPECT_EQ(reasons(plan_kernel_line(args("rw a"), args("b c"), {entry("rw a", "a")})),
            (Words{"the target adds 'b c'",
                   "the target does not ask for 'a' any more, which pivotd had added"}));
  EXPECT_EQ(reasons(plan_kernel_line(args("rw a b"), args("b a"), {entry("rw a b", "a b")})),
            (Words{"the same arguments stand in another order, which matters to the kernel"}));
  EXPECT_EQ(reasons(plan_kernel_line(args("rw a"), args("a"), {})), Words{});
}

TEST(KernelLine, TakesNoNoticeThatOneOfItsOwnIsGone) {
  const auto line = plan_kernel_line(args("rw b new"), args(""), {entry("rw a b", "a b")});
  EXPECT_EQ(line.args.line.str(), "rw new");
  EXPECT_EQ(reasons(line),
            (Words{"'a' of pivotd's is not on the command line any more: somebody took it off",
                   "the target does not ask for 'b' any more, which pivotd had added"}));
}

TEST(KernelLine, NeverTakesAwayWhatTheHostBootsWith) {
  const auto line = plan_kernel_line(args("a root=/dev/x ostree=/o"), args(""),
                                     {entry("a root=/dev/x ostree=/o", "root=/dev/x ostree=/o")});
  EXPECT_EQ(line.args.line.str(), "a root=/dev/x ostree=/o");
  EXPECT_EQ(
      reasons(line),
      (Words{"'root=/dev/x' is recorded as pivotd's, but the host needs it to boot: it stays",
             "'ostree=/o' is recorded as pivotd's, but the host needs it to boot: it stays"}));
}

TEST(KernelLine, RefusesALineThatTheKernelWouldCut) {
  const std::string half(900, 'a');
  const auto grown = plan_kernel_line(args(half), args(concat("b=", half)), {});
  EXPECT_EQ(
      grown.problems,
      (Words{"kernel arguments: the command line would be 1803 bytes long, more than the 1747 "
             "that every kernel reads in full"}));
  const auto hostile = plan_kernel_line(args("rw"), args(std::string(4'000'000, 'a')), {});
  EXPECT_EQ(
      hostile.problems,
      (Words{"kernel arguments: the target's are longer than the 1747 bytes that every kernel "
             "reads in full"}));
  EXPECT_EQ(hostile.args.line, args("rw"));
  // A host that runs with a longer one already may keep it, and may make it shorter.
  const auto long_line = concat(std::string(3000, 'x'), " a bb");
  EXPECT_EQ(plan_kernel_line(args(long_line), args("c"), {entry(long_line, "a bb")}).problems,
            Words{});
}

TEST(KernelLine, RefusesToAppendBehindWhatBelongsToInit) {
  EXPECT_EQ(plan_kernel_line(args("rw -- single"), args("a"), {}).problems,
            (Words{"kernel arguments: the host's command line has a '--', and the kernel hands all "
                   "that comes after it to init: take it off the line first"}));
  EXPECT_EQ(plan_kernel_line(args("a rw -- single"), args("a"), {}).problems, Words{});
}

}  // namespace
}  // namespace pivotd
