#pragma once
// The system's certificate roots as one PEM text, for where roots of our own are added to them.

#include <string>

#include "pivotd/base/result.h"

namespace pivotd::oci {

// The first bundle of this distribution that exists; read anew at each call.
Result<std::string> system_roots();

}  // namespace pivotd::oci
