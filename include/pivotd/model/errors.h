#pragma once
// What each Errc means to an operator: stable id, kind, exit code, remedy. One table; retries,
// status, exit codes and documents read it.

#include <array>
#include <string_view>

#include "pivotd/base/result.h"

namespace pivotd {

enum class ErrorKind {
  kPermanent,  // waits for a new target, a corrected setting or a person
  kTransient,  // retried soon, with back-off
  kHost,       // retried slowly: time or a person heals it
  kNone,       // not a failure: we were asked to stop
};

// Exit codes of pivotctl and the one-shot modes.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kDenied = 3,
  kRebootNeeded = 4,
  kDegraded = 5,
  kUnreconcilable = 6,
  kBusy = 7,
  kTimedOut = 8,
  kNothingToDo = 77,
};

struct ErrorClass {
  Errc code;
  std::string_view id;  // stable: in status, journal and documents
  ErrorKind kind;
  ExitCode exit_code;
  std::string_view remedy;  // what a person does next
};

std::string_view to_string(ErrorKind kind);
const ErrorClass& error_class(Errc code);
const std::array<ErrorClass, 11>& error_classes();

}  // namespace pivotd
