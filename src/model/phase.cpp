#include <algorithm>
#include <array>

#include "pivotd/base/text.h"
#include "pivotd/model/record.h"

namespace pivotd {

namespace {

constexpr std::size_t kCount = 8;

constexpr std::array<std::string_view, kCount> kNames{
    "idle", "importing", "staging", "staged", "rebooting", "verified", "rolled-back", "failed"};

// From (row) to (column), in the order of the enumeration. A crash between an act and the note of
// it shows as a step over a phase: 'staging' -> 'verified' is a host that was rebooted before
// 'staged' was written down.
constexpr std::array<std::array<bool, kCount>, kCount> kLegal{{
    // idle imp   stag   staged reboot verif  rolled failed
    {true, true, true, true, false, true, false, true},   // idle
    {true, true, true, false, false, true, false, true},  // importing
    {true, true, true, true, false, true, false, true},   // staging
    {true, true, true, true, true, true, true, true},     // staged
    {true, true, true, true, true, true, true, true},     // rebooting
    {true, true, true, true, false, true, false, true},   // verified
    {true, true, true, true, false, true, true, true},    // rolled-back
    {true, true, true, true, false, true, false, true},   // failed
}};

constexpr std::size_t index_of(Phase phase) {
  return static_cast<std::size_t>(phase);
}
static_assert(index_of(Phase::kFailed) + 1 == kCount, "a new phase needs a name and its row");

constexpr bool keeps_itself() {
  for (std::size_t i = 0; i < kCount; ++i)
    if (!kLegal[i][i]) return false;
  return true;
}
static_assert(keeps_itself(), "every phase may be saved again as itself");

}  // namespace

std::string_view to_string(Phase phase) {
  return kNames.at(index_of(phase));
}

Result<Phase> parse_phase(std::string_view text) {
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (found == kNames.end())
    return Error(Errc::kInvalid, concat("'", printable(text), "' is not a phase"));
  return static_cast<Phase>(found - kNames.begin());
}

bool is_legal_transition(Phase from, Phase to) {
  return kLegal.at(index_of(from)).at(index_of(to));
}

const std::vector<Phase>& all_phases() {
  static const std::vector<Phase> phases{Phase::kIdle,       Phase::kImporting, Phase::kStaging,
                                         Phase::kStaged,     Phase::kRebooting, Phase::kVerified,
                                         Phase::kRolledBack, Phase::kFailed};
  return phases;
}

}  // namespace pivotd
