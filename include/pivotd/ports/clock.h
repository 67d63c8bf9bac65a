#pragma once
// Time, so that tests can have their own.

#include <chrono>
#include <cstdint>

#include "pivotd/base/stop.h"

namespace pivotd {

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  // Seconds since the epoch by the host's clock, which may jump: for people, never for deadlines.
  virtual std::int64_t now() = 0;
};

}  // namespace pivotd
