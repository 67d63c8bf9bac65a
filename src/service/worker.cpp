#include "pivotd/service/worker.h"

#include <algorithm>

#include "pivotd/model/errors.h"

namespace pivotd::service {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::optional<milliseconds> retry_delay(const RetryPolicy& policy, Errc code, unsigned failures,
                                        double jitter) {
  const auto spread = [jitter](milliseconds delay) {  // from half of it to all of it
    const auto half = delay.count() / 2;
    return milliseconds(half + static_cast<std::int64_t>(jitter * static_cast<double>(half)));
  };
  switch (error_class(code).kind) {
    case ErrorKind::kTransient: {
      const auto doublings = std::min(failures - 1, 20U);
      return spread(std::min<milliseconds>(policy.last, policy.first * (1U << doublings)));
    }
    case ErrorKind::kHost:
      return spread(policy.host);
    case ErrorKind::kPermanent:
    case ErrorKind::kNone:
      return std::nullopt;
  }
  return std::nullopt;
}

Worker::Worker(Reconcile reconcile, Tell tell, const std::optional<RetryPolicy>& policy)
    : reconcile_(std::move(reconcile)),
      tell_(std::move(tell)),
      policy_(policy),
      thread_([this](const Stop& stop) { run(stop); }) {}

Worker::~Worker() {
  cancel_and_stop();
}

void Worker::set_target(MachineConfig target) {
  {
    const MutexLock lock(mutex_);
    next_ = std::move(target);
    retry_.reset();
    job_.request_stop();
  }
  changed_.notify_all();
}

void Worker::drop_target() {
  const MutexLock lock(mutex_);
  next_.reset();
  retry_.reset();
  job_.request_stop();
}

void Worker::cancel_and_stop() {
  thread_.request_stop();
  cancel_job();
}

void Worker::cancel_job() {
  const MutexLock lock(mutex_);
  job_.request_stop();
}

std::optional<Worker::Taken> Worker::take(const Stop& stop) {
  const MutexLock lock(mutex_);
  for (;;) {
    if (stop.stop_requested()) return std::nullopt;
    auto& slot = next_ ? next_ : retry_;
    if (next_ || (retry_ && steady_clock::now() >= retry_at_)) {
      job_ = std::stop_source();
      Taken taken{.target = *std::move(slot), .stop = job_.get_token()};
      if (next_) failures_ = 0;
      next_.reset();
      retry_.reset();
      return taken;
    }
    const auto woken = [this]() PIVOTD_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
      return next_.has_value();
    };
    if (retry_) {
      changed_.wait_until(mutex_, stop, retry_at_, woken);
    } else {
      changed_.wait(mutex_, stop, woken);
    }
  }
}

void Worker::run(const Stop& stop) {
  while (auto taken = take(stop)) {
    // cancel_and_stop() cancels the job it sees; this covers one taken in between.
    const std::stop_callback whole_thread(stop, [this] { cancel_job(); });
    auto result = reconcile_(taken->target, taken->stop);
    if (!result.ok() && result.error().code() == Errc::kCancelled) continue;
    failures_ = result.ok() ? 0 : failures_ + 1;
    const auto jitter = std::uniform_real_distribution<double>(0, 1)(random_);
    Report report{.target = taken->target.content, .result = std::move(result), .next_attempt = {}};
    if (policy_ && !report.result.ok())
      report.next_attempt = retry_delay(*policy_, report.result.error().code(), failures_, jitter);
    finish(std::move(report), taken->target);
  }
}

void Worker::finish(Report report, const MachineConfig& target) {
  {
    const MutexLock lock(mutex_);
    // It was not wanted any more when it failed.
    if (job_.stop_requested()) report.next_attempt.reset();
    if (report.next_attempt) {
      retry_ = target;
      retry_at_ = steady_clock::now() + *report.next_attempt;
    }
  }
  tell_(report);
}

}  // namespace pivotd::service
