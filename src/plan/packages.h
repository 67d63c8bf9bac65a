#pragma once
// Extensions and the kernel type: which packages they are, and what has to change for them.

#include <string>
#include <vector>

#include "pivotd/model/deployment.h"
#include "pivotd/model/machine_config.h"
#include "pivotd/model/plan.h"

namespace pivotd {

struct PackagesPlan {
  std::vector<std::string> wanted;  // what the new deployment requests, sorted
  std::vector<std::string> added;
  std::vector<std::string> removed;
  bool kernel_type_changes = false;
  std::vector<Reason> reasons;
  std::vector<std::string> problems;  // why this host cannot; empty when it can

  bool changes() const { return kernel_type_changes || !added.empty() || !removed.empty(); }
};

PackagesPlan plan_packages(const MachineConfig& target, const Host& host, const Deployment& base);

}  // namespace pivotd
