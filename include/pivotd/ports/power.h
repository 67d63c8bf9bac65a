#pragma once
// The reboot.

#include "pivotd/ports/deployer.h"

namespace pivotd {

enum class RebootOutcome {
  kUnderWay,           // the host is going down
  kLeftToSomeoneElse,  // by setting: a mark says that a reboot is wanted
};

class Power {
 public:
  Power() = default;
  Power(const Power&) = delete;
  Power& operator=(const Power&) = delete;
  virtual ~Power() = default;

  // There is no way to ask for a reboot without a staged deployment to boot into.
  virtual Result<RebootOutcome> reboot(const Staged& staged, const Stop& stop) = 0;
  // Takes the mark away again: nothing is pending any more.
  virtual Result<void> withdraw() = 0;
};

}  // namespace pivotd
