#include "plan/kernel_line.h"

#include <algorithm>
#include <map>
#include <set>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

// x86 and arm64 kernels read 2047 bytes and drop the rest, which is where a boot loader puts
// "ostree=". Some is left for that and for BOOT_IMAGE=.
constexpr std::size_t kLongestLine = 2047 - 300;

// What of the line is ours, and how sure that is.
struct Ours {
  KernelArgs managed;
  bool line_is_known = false;  // the ledger says it of this very line: the rest is not ours
};

KernelArgs from(const std::vector<KernelArg>& args) {
  return KernelArgs(args);
}

// `line` without each of `taken` once, the last ones first; those that were not found are returned
// in `absent`.
KernelArgs without(const KernelArgs& line, const KernelArgs& taken, KernelArgs& absent) {
  auto args = line.args();
  for (auto arg = taken.args().rbegin(); arg != taken.args().rend(); ++arg) {
    const auto last = std::find(args.rbegin(), args.rend(), *arg);
    if (last == args.rend()) {
      absent.append(*arg);
    } else {
      args.erase(std::next(last).base());
    }
  }
  return from(args);
}

// Those of `left` that `right` has not as often, in the order of `left`.
KernelArgs difference(const KernelArgs& left, const KernelArgs& right) {
  auto unmatched = right.args();
  KernelArgs rest;
  for (const auto& arg : left.args()) {
    const auto found = std::find(unmatched.begin(), unmatched.end(), arg);
    if (found == unmatched.end()) {
      rest.append(arg);
    } else {
      unmatched.erase(found);
    }
  }
  return rest;
}

// The line the entry's arguments were put on.
KernelArgs before(const LedgerEntry& entry) {
  KernelArgs absent;
  return without(entry.line, entry.managed, absent);
}

Ours find_ours(const KernelArgs& current, const Ledger& ledger) {
  for (const auto& entry : ledger)
    if (entry.line == current) return {.managed = entry.managed, .line_is_known = true};
  for (const auto& entry : ledger)
    if (!entry.managed.empty() && current.ends_with(entry.managed))
      return {.managed = entry.managed, .line_is_known = true};
  // What we asked for was never booted, or was rolled back: the host has the line from before it,
  // and an argument on it that equals one of ours is somebody else's.
  for (const auto& entry : ledger)
    if (before(entry) == current) return {.managed = {}, .line_is_known = true};
  if (ledger.empty()) return {};
  return {.managed = ledger.front().managed, .line_is_known = false};
}

// A ledger that names a boot-critical argument is damaged: pivotd never adds one.
KernelArgs removable(const KernelArgs& managed, std::vector<Reason>& reasons) {
  KernelArgs kept;
  for (const auto& arg : managed.args()) {
    if (!arg.is_boot_critical()) {
      kept.append(arg);
      continue;
    }
    reasons.push_back({.what = "kernel arguments",
                       .why = concat("'", arg.str(),
                                     "' is recorded as pivotd's, but the host needs it to boot: it "
                                     "stays")});
  }
  return kept;
}

std::set<std::string> keys_of(const KernelArgs& args) {
  std::set<std::string> keys;
  for (const auto& arg : args.args()) keys.insert(arg.key());
  return keys;
}

// Whether `rest` has all that is wanted in a way that has the same effect: for each name the last
// word, and between neighbours like hugepagesz= and hugepages= nothing of the same names.
bool has_effect(const KernelArgs& rest, const KernelArgs& wanted) {
  const auto keys = keys_of(wanted);
  KernelArgs same_keys;
  for (const auto& arg : rest.args())
    if (keys.contains(arg.key())) same_keys.append(arg);
  return same_keys.ends_with(wanted);
}

// Those of `wanted` that have to be appended to `rest`.
KernelArgs missing(const KernelArgs& rest, const KernelArgs& wanted) {
  std::map<std::string, int> wanted_times;
  for (const auto& arg : wanted.args()) ++wanted_times[arg.key()];
  KernelArgs missing;
  for (const auto& arg : wanted.args()) {
    const auto key = arg.key();
    const auto contradicts = [&](const KernelArg& other) {
      return other.key() == key && !(other == arg);
    };
    const bool satisfied = rest.contains(arg) && !arg.is_positional() && wanted_times[key] == 1 &&
                           std::none_of(rest.args().begin(), rest.args().end(), contradicts);
    if (!satisfied) missing.append(arg);
  }
  return missing;
}

// The new line, and what of it is ours.
void put_behind(const KernelArgs& current, const KernelArgs& rest, const KernelArgs& wanted,
                const Ours& ours, KernelArgsPlan& plan) {
  KernelArgs all = rest;
  all.append(wanted);
  // Already so: also where one of ours has a twin in the rest, as the Machine Config Daemon, which
  // appends without looking, leaves it.
  if (all == current) {
    plan.line = current;
    plan.managed = wanted;
    return;
  }
  plan.line = rest;
  // On a line that we know nothing about, the end is what the Machine Config Daemon appended.
  if (!ours.line_is_known && rest.ends_with(wanted)) {
    plan.managed = wanted;
    return;
  }
  if (has_effect(rest, wanted)) return;
  plan.managed = missing(rest, wanted);
  plan.line.append(plan.managed);
}

std::string quoted(const KernelArgs& args) {
  return concat("'", args.str(), "'");
}

void explain(const KernelArgs& current, KernelLine& line) {
  auto why = [&line](std::string text) {
    line.reasons.push_back({.what = "kernel arguments", .why = std::move(text)});
  };
  const auto& args = line.args;
  if (args.line == current) return;
  if (!args.added.empty()) why(concat("the target adds ", quoted(args.added)));
  if (!args.removed.empty())
    why(concat("the target does not ask for ", quoted(args.removed),
               " any more, which pivotd had added"));
  if (args.added.empty() && args.removed.empty())
    why("the same arguments stand in another order, which matters to the kernel");
}

// Only for a line that differs from the one the host was booted with.
void check_bootable(const KernelArgs& current, KernelLine& line) {
  const auto& args = line.args;
  const auto size = args.line.str().size();
  if (size > kLongestLine && size > current.str().size())
    line.problems.push_back(concat("kernel arguments: the command line would be ", size,
                                   " bytes long, more than the ", kLongestLine,
                                   " that every kernel reads in full"));
  if (args.managed.empty()) return;
  for (const auto& arg : args.line.args())
    if (arg.str() == "--")
      line.problems.emplace_back(
          "kernel arguments: the host's command line has a '--', and the kernel hands all that "
          "comes after it to init: take it off the line first");
}

}  // namespace

std::vector<std::string> boot_critical(const KernelArgs& args) {
  std::vector<std::string> names;
  for (const auto& arg : args.args())
    if (arg.is_boot_critical()) names.push_back(arg.str());
  return names;
}

KernelLine plan_kernel_line(const KernelArgs& current, const KernelArgs& wanted,
                            const Ledger& ledger) {
  KernelLine line;
  // Hostile input ends here, before anything that takes time by its square.
  if (wanted.str().size() > kLongestLine) {
    line.args.line = current;
    line.problems.push_back(concat("kernel arguments: the target's are longer than the ",
                                   kLongestLine, " bytes that every kernel reads in full"));
    return line;
  }
  auto ours = find_ours(current, ledger);
  ours.managed = removable(ours.managed, line.reasons);
  KernelArgs absent;
  const auto rest = without(current, ours.managed, absent);
  for (const auto& arg : absent.args())
    line.reasons.push_back({.what = "kernel arguments",
                            .why = concat("'", arg.str(),
                                          "' of pivotd's is not on the command line any more: "
                                          "somebody took it off")});
  put_behind(current, rest, wanted, ours, line.args);
  line.args.added = difference(line.args.line, current);
  line.args.removed = difference(current, line.args.line);
  explain(current, line);
  if (!(line.args.line == current)) check_bootable(current, line);
  return line;
}

}  // namespace pivotd
