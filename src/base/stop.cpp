#include "pivotd/base/stop.h"

#include <condition_variable>
#include <mutex>

namespace pivotd {

Result<void> check(const Stop& stop) {
  if (stop.stop_requested()) return Error(Errc::kCancelled, "cancelled");
  return {};
}

bool wait_for(std::chrono::milliseconds duration, const Stop& stop) {
  std::mutex mutex;
  std::condition_variable_any wakeup;
  std::unique_lock lock(mutex);
  return !wakeup.wait_for(lock, stop, duration, [&stop] { return stop.stop_requested(); });
}

}  // namespace pivotd
