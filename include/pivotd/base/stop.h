#pragma once
// Cancellation. Everything that blocks takes `const Stop&` last, returns Errc::kCancelled soon
// after stop is requested (within a second at the worst), and leaves nothing behind when it does.

#include <chrono>
#include <stop_token>

#include "pivotd/base/result.h"

namespace pivotd {

using Stop = std::stop_token;

// kCancelled once stop was requested.
Result<void> check(const Stop& stop);

// Waits; false when stop was requested first.
bool wait_for(std::chrono::milliseconds duration, const Stop& stop);

}  // namespace pivotd
