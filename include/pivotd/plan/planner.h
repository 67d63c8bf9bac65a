#pragma once
// The planner: desired + observed -> Plan. Pure: the same input gives the same plan, and it never
// looks at what an older target said, only at what the host is (docs/architecture.md, decision 1).

#include <optional>

#include "pivotd/base/result.h"
#include "pivotd/model/deployment.h"
#include "pivotd/model/machine_config.h"
#include "pivotd/model/plan.h"

namespace pivotd {

struct PlanInput {
  const MachineConfig& target;
  const Host& host;
  const Ledger& ledger;
  // The commit inside the target's image where it is known (after it was resolved): the same
  // content under another name is no image change.
  std::optional<Checksum> target_commit;
};

// kUnsupported when this host cannot become that in place, with all reasons, joined by "; ";
// kInvalid when the target asks for something no host may do (a boot-critical kernel argument).
Result<Plan> make_plan(const PlanInput& input);

}  // namespace pivotd
