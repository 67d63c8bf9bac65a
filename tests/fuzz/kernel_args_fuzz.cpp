// Three lines, separated by NUL: what the host has, what the target asks for, what the ledger calls
// ours. Splitting and joining is the same line; planning twice is planning once.

#include <cstdint>

#include "pivotd/base/bytes.h"
#include "pivotd/base/text.h"
#include "pivotd/model/kernel_args.h"

#include "plan/kernel_line.h"

using namespace pivotd;  // a fuzzer is one function

namespace {

KernelArgs checked(const std::string& line) {
  auto args = KernelArgs::parse(line);
  if (!args.ok()) return {};
  const auto again = KernelArgs::parse(args->str());
  PIVOTD_ASSERT(again.ok() && again->strings() == args->strings());
  PIVOTD_ASSERT(args->contains_in_order(*args) && args->ends_with(*args));
  for (const auto& arg : args->args()) {
    const auto one = KernelArg::parse(arg.str());
    PIVOTD_ASSERT(one.ok() && *one == arg && one->str() == arg.str());
    PIVOTD_ASSERT(!args->without_key(arg.key()).contains(arg));
  }
  return std::move(args).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto lines = split(as_text(std::as_bytes(std::span(data, size))), '\0');
  lines.resize(3);
  const auto current = checked(lines[0]);
  const auto wanted = checked(lines[1]);
  const auto managed = checked(lines[2]);
  if (!boot_critical(wanted).empty()) return 0;
  for (const auto& ledger : {Ledger(), Ledger{{.line = current, .managed = managed}},
                             Ledger{{.line = wanted, .managed = managed}}}) {
    const auto plan = plan_kernel_line(current, wanted, ledger);
    if (!plan.problems.empty()) continue;
    for (const auto& arg : current.args())
      PIVOTD_ASSERT(!arg.is_boot_critical() || plan.args.line.contains(arg));
    PIVOTD_ASSERT(plan.args.line.ends_with(plan.args.managed));
    const auto again = plan_kernel_line(plan.args.line, wanted,
                                        {{.line = plan.args.line, .managed = plan.args.managed}});
    PIVOTD_ASSERT(again.args.line == plan.args.line);
    PIVOTD_ASSERT(again.args.managed == plan.args.managed);
    PIVOTD_ASSERT(again.args.added.empty() && again.args.removed.empty());
  }
  return 0;
}
