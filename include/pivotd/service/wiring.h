#pragma once
// Which implementation stands behind which port: the one place that knows. A mode of pivotd is
// another set of ports, made here, and nothing below can tell.

#include <memory>

#include "pivotd/base/result.h"
#include "pivotd/engine/engine.h"
#include "pivotd/ports/object_sink.h"
#include "pivotd/service/settings.h"

namespace pivotd::service {

// Owns the ports of one engine.
class Wiring {
 public:
  // For carrying plans out. Creates the state directory.
  static Result<std::unique_ptr<Wiring>> for_work(const Settings& settings,
                                                  std::unique_ptr<Observer> observer);
  // For looking: nothing in it writes to the host.
  static Result<std::unique_ptr<Wiring>> for_looking(const Settings& settings,
                                                     std::unique_ptr<Observer> observer);

  Engine& engine() { return *engine_; }
  Deployer& deployer() { return *deployer_; }
  Observer& observer() { return *observer_; }

 private:
  Wiring() = default;
  static Result<std::unique_ptr<Wiring>> make(const Settings& settings,
                                              std::unique_ptr<Journal> journal,
                                              std::unique_ptr<Observer> observer);

  std::unique_ptr<Observer> observer_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<ImageSource> images_;
  std::unique_ptr<Unpacker> unpacker_;
  std::unique_ptr<CommitStore> commits_;
  std::unique_ptr<Deployer> deployer_;
  std::unique_ptr<Power> power_;
  std::unique_ptr<RunningHost> host_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Engine> engine_;
};

// Before the first thread: makes what is mounted read-only writable for this process alone.
Result<void> prepare_process(const Settings& settings);

}  // namespace pivotd::service
