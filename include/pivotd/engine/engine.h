#pragma once
// The engine: one straight line from "what should be" to "the next boot takes it", and after the
// boot from "what booted" to "verified". It acts only through ports, writes each intention to the
// journal before it acts, and can be killed between any two lines: run again, it goes on. It is
// called from one thread.

#include <cstdint>

#include "pivotd/base/result.h"
#include "pivotd/base/stop.h"
#include "pivotd/model/machine_config.h"
#include "pivotd/model/plan.h"
#include "pivotd/model/record.h"
#include "pivotd/ports/clock.h"
#include "pivotd/ports/commit_store.h"
#include "pivotd/ports/deployer.h"
#include "pivotd/ports/image_source.h"
#include "pivotd/ports/journal.h"
#include "pivotd/ports/observer.h"
#include "pivotd/ports/power.h"
#include "pivotd/ports/running_host.h"

namespace pivotd {

// Borrowed; all outlive the engine.
struct Ports {
  ImageSource& images;
  CommitStore& commits;
  Deployer& deployer;
  Power& power;
  Journal& journal;
  RunningHost& host;
  Observer& observer;
  Clock& clock;
};

enum class Outcome {
  kNothingToDo,   // the host is what the target asks for, and we knew
  kVerified,      // the host is what the target asks for: proven now
  kRebootNeeded,  // staged; somebody else reboots
  kRebooting,     // staged, and the host is going down
};

class Engine {
 public:
  // Boots into one target that may fail to hold before it is refused until the target changes.
  static constexpr std::uint32_t kMaxAttempts = 3;

  explicit Engine(const Ports& ports) : ports_(ports) {}

  // Makes the host what the target asks for, as far as this boot allows. Safe to call at any time,
  // any number of times. Errors say by their Errc whether it is worth calling again. kCancelled
  // leaves the host as it was.
  Result<Outcome> reconcile(const MachineConfig& target, const Stop& stop);

  // What reconcile() would do, as far as it can be known without asking the registry. Touches
  // nothing.
  Result<Plan> plan(const MachineConfig& target, const Stop& stop);

 private:
  struct Job;

  Result<Host> observe(const Stop& stop);
  Record load_record();
  Result<void> save(Record& record, Phase phase);
  Result<void> settle(Job& job);
  Result<void> make_plan(Job& job, const std::optional<Checksum>& target_commit);
  void begin(Job& job);
  Result<Outcome> carry_out(Job& job, const Stop& stop);
  Result<Imported> obtain(Job& job, const Stop& stop);
  Result<Imported> import(Job& job, const Image& image, const Stop& stop);
  Result<Imported> find_deployed(const Job& job, const Stop& stop);
  Result<Outcome> nothing_left(Job& job, const Stop& stop);
  Result<Staged> stage(Job& job, const Imported& commit, const Stop& stop);
  Result<Outcome> reboot(Job& job, const Staged& staged, const Stop& stop);
  void discard_after_failure();
  void keep_house(const Stop& stop);
  void record_failure(Job& job, const Error& error);

  Ports ports_;
};

}  // namespace pivotd
