#pragma once
// The two ways pivotd runs: as a service that follows its target, and once.

#include "pivotd/base/result.h"
#include "pivotd/model/errors.h"
#include "pivotd/service/settings.h"
#include "pivotd/service/status_board.h"

namespace pivotd::service {

// Until SIGTERM or SIGINT. Tells systemd READY=1 when it follows the target. kBusy when another
// pivotd runs.
ExitCode run_daemon(const Settings& settings);

// One reconcile, without repetition after errors; SIGTERM and SIGINT cancel it.
ExitCode run_once(const Settings& settings, const StatusBoard::Onlooker& onlooker);

}  // namespace pivotd::service
