#pragma once
// Time that moves only when it is asked.

#include "pivotd/ports/clock.h"

namespace pivotd::fakes {

class FakeClock final : public Clock {
 public:
  std::int64_t now() override { return ++seconds_; }

 private:
  std::int64_t seconds_ = 1'700'000'000;
};

}  // namespace pivotd::fakes
