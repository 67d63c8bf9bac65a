#pragma once
// What of the target only a reinstallation can change (FIPS mode, disk layout), and what of it is
// not pivotd's to do at all.

#include <string>
#include <vector>

#include "pivotd/model/deployment.h"
#include "pivotd/model/machine_config.h"
#include "pivotd/model/plan.h"

namespace pivotd {

struct Reconcilable {
  std::vector<Reason> reasons;
  std::vector<std::string> problems;  // why this host cannot; empty when it can
};

Reconcilable check_reconcilable(const MachineConfig& target, const Host& host);

}  // namespace pivotd
