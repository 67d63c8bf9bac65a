#pragma once
// The engine's memory: one small record. It says what we intend and what we did; what is true is
// the host's to say.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"
#include "pivotd/model/plan.h"

namespace pivotd {

enum class Phase {
  kIdle,        // nothing is known to be left to do, and nothing was proven since the record began
  kImporting,   // intention: bring the image's commit into the repository
  kStaging,     // intention: make the deployment
  kStaged,      // fact: the next boot takes it
  kRebooting,   // intention: reboot into it
  kVerified,    // fact: the host runs what the target asks for
  kRolledBack,  // fact: the host came back without what was staged
  kFailed,      // fact: the last attempt ended in an error
};

std::string_view to_string(Phase phase);  // "idle", "importing" ...
Result<Phase> parse_phase(std::string_view text);
// Whether the engine may go from one to the other. Every phase may be saved again as itself.
bool is_legal_transition(Phase from, Phase to);
const std::vector<Phase>& all_phases();

struct RecordedError {
  Errc code = Errc::kInternal;
  std::string message;

  bool operator==(const RecordedError&) const = default;
};

struct Record {
  Phase phase = Phase::kIdle;
  std::string target_name;
  std::optional<Digest> target;    // MachineConfig::content of what this record is about
  std::optional<ImageRef> image;   // its image
  std::optional<Checksum> commit;  // what is being staged, or was
  KernelArgs kernel_args;          // of what is being staged, or was: the whole line
  std::string boot_id;             // the boot in which this was written
  std::uint32_t attempt = 0;       // boots into this target that did not hold
  std::optional<RecordedError> error;
  Ledger ledger;
  std::int64_t updated = 0;  // seconds since the epoch, by the host's clock: for people only

  bool operator==(const Record&) const = default;
};

std::string serialize(const Record& record);
// kInvalid on anything serialize() did not write.
Result<Record> parse_record(std::string_view text);

}  // namespace pivotd
