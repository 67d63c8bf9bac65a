#pragma once
// The one thread that works. It takes the newest target, reconciles, and after an error that time
// can heal tries again by itself. A newer target cancels the older one's work.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>

#include "pivotd/base/mutex.h"
#include "pivotd/base/result.h"
#include "pivotd/base/stop.h"
#include "pivotd/engine/engine.h"
#include "pivotd/model/machine_config.h"

namespace pivotd::service {

struct RetryPolicy {
  std::chrono::seconds first{5};   // after the first transient error; doubles, with jitter
  std::chrono::seconds last{300};  // the longest after a transient error
  std::chrono::seconds host{600};  // after an error of the host
};

// The wait before trying again after `failures` errors in a row (1 or more), the last one of this
// code; none when only a new target or a person can help. `jitter` is from 0 to 1.
std::optional<std::chrono::milliseconds> retry_delay(const RetryPolicy& policy, Errc code,
                                                     unsigned failures, double jitter);

class Worker {
 public:
  // On the worker's thread.
  using Reconcile = std::function<Result<Outcome>(const MachineConfig&, const Stop&)>;
  struct Report {
    Digest target;  // MachineConfig::content of what it is about
    Result<Outcome> result;
    std::optional<std::chrono::milliseconds> next_attempt;
  };
  // On the worker's thread, after each reconcile() that was not cancelled.
  using Tell = std::function<void(const Report&)>;

  // Without a policy nothing is tried again by itself.
  Worker(Reconcile reconcile, Tell tell, const std::optional<RetryPolicy>& policy);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();  // cancels and waits

  // Any thread; returns at once.
  void set_target(MachineConfig target);
  // There is no usable target any more: what is under way is cancelled, and nothing is tried again.
  void drop_target();
  void cancel_and_stop();

 private:
  struct Taken {
    MachineConfig target;
    Stop stop;
  };

  void run(const Stop& stop);
  void cancel_job();
  std::optional<Taken> take(const Stop& stop);
  void finish(Report report, const MachineConfig& target);

  Reconcile reconcile_;
  Tell tell_;
  std::optional<RetryPolicy> policy_;
  std::minstd_rand random_{std::random_device{}()};
  unsigned failures_ = 0;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<MachineConfig> next_ PIVOTD_GUARDED_BY(mutex_);
  std::optional<MachineConfig> retry_ PIVOTD_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point retry_at_ PIVOTD_GUARDED_BY(mutex_);
  std::stop_source job_ PIVOTD_GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace pivotd::service
