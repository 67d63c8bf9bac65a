#pragma once
// The running kernel's own word, from /proc and uname(2), and what provisioning left on the host.

#include <filesystem>
#include <memory>
#include <vector>

#include "pivotd/ports/running_host.h"

namespace pivotd::host {

// `provisioned`: MachineConfigs that say how the host was installed; the first that exists is read.
std::unique_ptr<RunningHost> open_running_host(std::vector<std::filesystem::path> provisioned);

}  // namespace pivotd::host
