#pragma once
// The two ways to reboot: through logind, or by leaving it to somebody else with a mark in the file
// system.

#include <filesystem>
#include <memory>

#include "pivotd/ports/power.h"

namespace pivotd::host {

// org.freedesktop.login1.Manager.Reboot on the system bus, without interaction: inhibitors are
// honoured.
std::unique_ptr<Power> open_logind_power();

// Leaves `mark` (world-readable, says which deployment waits) and goes on. withdraw() removes it.
std::unique_ptr<Power> open_marking_power(std::filesystem::path mark);

}  // namespace pivotd::host
