#pragma once
// After a boot: is this what was staged? Pure.

#include <string>

#include "pivotd/model/deployment.h"
#include "pivotd/model/record.h"

namespace pivotd {

// Empty when the booted deployment and the running kernel are what `record` says was staged; else
// every difference in words, joined by "; ".
std::string differences(const Record& record, const Host& host);

}  // namespace pivotd
