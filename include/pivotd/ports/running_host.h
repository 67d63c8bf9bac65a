#pragma once
// What only the running kernel and the files of the host can say.

#include <map>
#include <optional>
#include <string>

#include "pivotd/model/deployment.h"

namespace pivotd {

class RunningHost {
 public:
  RunningHost() = default;
  RunningHost(const RunningHost&) = delete;
  RunningHost& operator=(const RunningHost&) = delete;
  virtual ~RunningHost() = default;

  virtual Result<Boot> boot() = 0;
  // The disk layout the host was provisioned with, from the MachineConfig that provisioning left on
  // it; none when no such file is there.
  virtual Result<std::optional<std::map<std::string, Digest>>> provisioned_disk_layout() = 0;
};

}  // namespace pivotd
