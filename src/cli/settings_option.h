#pragma once
// What both programs do with the settings before anything else.

#include <string>

#include "pivotd/base/result.h"
#include "pivotd/service/settings.h"

namespace pivotd::cli {

// From `file` alone where it is not empty, else from the usual places. Sets the log level.
Result<service::LoadedSettings> take_settings(const std::string& file);

// Prints the error and what to do next to standard error; the exit code.
int complain(const Error& error);

}  // namespace pivotd::cli
