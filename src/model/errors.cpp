#include "pivotd/model/errors.h"

#include <algorithm>

namespace pivotd {

namespace {

constexpr std::array<ErrorClass, 11> kClasses{{
    {Errc::kInvalid, "config-invalid", ErrorKind::kPermanent, ExitCode::kFailed,
     "correct what the message names (the target MachineConfig or a setting); pivotd tries again "
     "as "
     "soon as it changes"},
    {Errc::kUnsupported, "unsupported", ErrorKind::kPermanent, ExitCode::kUnreconcilable,
     "this host does not take that target as it is: change the target, or reinstall the host with "
     "it"},
    {Errc::kDenied, "denied", ErrorKind::kPermanent, ExitCode::kDenied,
     "check the pull secret, the signature policy and the permissions that the message names, then "
     "restart pivotd ('systemctl restart pivotd')"},
    {Errc::kIntegrity, "integrity", ErrorKind::kPermanent, ExitCode::kFailed,
     "what was received is not what its digest says: check the registry, its mirrors and the "
     "proxies in between before restarting pivotd"},
    {Errc::kNotFound, "not-found", ErrorKind::kPermanent, ExitCode::kFailed,
     "make sure that what the message names exists and is spelled right, then restart pivotd "
     "('systemctl "
     "restart pivotd')"},
    {Errc::kTransient, "transient", ErrorKind::kTransient, ExitCode::kFailed,
     "nothing to do at first, pivotd tries again by itself; if it lasts, check network, name "
     "service, proxy and registry"},
    {Errc::kBusy, "busy", ErrorKind::kTransient, ExitCode::kBusy,
     "someone else is changing the host: let it finish or stop it; pivotd tries again by itself"},
    {Errc::kNoSpace, "no-space", ErrorKind::kHost, ExitCode::kDegraded,
     "free space on the file system that the message names; pivotd tries again by itself"},
    {Errc::kHost, "host-io", ErrorKind::kHost, ExitCode::kDegraded,
     "look for disk and file system errors in the kernel's log; pivotd tries again by itself"},
    {Errc::kCancelled, "cancelled", ErrorKind::kNone, ExitCode::kFailed,
     "nothing to do: pivotd was asked to stop, and goes on from here when it is started again"},
    {Errc::kInternal, "internal", ErrorKind::kPermanent, ExitCode::kFailed,
     "this is a bug of pivotd: report it with the output of 'journalctl -u pivotd'"},
}};

}  // namespace

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kPermanent:
      return "permanent";
    case ErrorKind::kTransient:
      return "transient";
    case ErrorKind::kHost:
      return "host";
    case ErrorKind::kNone:
      return "none";
  }
  PIVOTD_ASSERT(false);
}

const ErrorClass& error_class(Errc code) {
  const auto found = std::find_if(kClasses.begin(), kClasses.end(),
                                  [code](const ErrorClass& row) { return row.code == code; });
  PIVOTD_ASSERT(found != kClasses.end());
  return *found;
}

const std::array<ErrorClass, 11>& error_classes() {
  return kClasses;
}

}  // namespace pivotd
