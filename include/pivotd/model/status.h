#pragma once
// What pivotd says about itself and the host: the document of /run/pivotd/status.json and of
// `pivotctl status --json` (docs/schemas/status.json).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/json.h"
#include "pivotd/base/result.h"
#include "pivotd/model/deployment.h"
#include "pivotd/model/errors.h"
#include "pivotd/model/record.h"

namespace pivotd {

// The one word an operator looks at first.
enum class State {
  kStarting,        // nothing was looked at yet
  kWaiting,         // there is no target
  kWorking,         // an update is being carried out
  kRebootNeeded,    // staged: the next boot takes it
  kUpToDate,        // the host is what the target asks for
  kRetrying,        // failed, and will be tried again by itself
  kDegraded,        // failed, and waits for a new target or a person
  kUnreconcilable,  // this host cannot become that in place
};

std::string_view to_string(State state);  // "starting", "up-to-date" ...

struct StatusTarget {
  std::string name;
  std::string image;    // "" where the target leaves the OS alone
  std::string content;  // "sha256:..." of the target's spec

  bool operator==(const StatusTarget&) const = default;
};

struct StatusProgress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::uint64_t bytes_per_second = 0;

  bool operator==(const StatusProgress&) const = default;
};

struct StatusError {
  std::string id;  // ErrorClass::id
  std::string kind;
  std::string message;
  std::string remedy;

  bool operator==(const StatusError&) const = default;
};

struct StatusDeployment {
  std::string id;
  std::string commit;
  std::string version;
  std::string custom_origin;
  std::string kernel_arguments;
  bool booted = false;
  bool staged = false;
  bool pinned = false;

  bool operator==(const StatusDeployment&) const = default;
};

struct Status {
  static constexpr int kSchema = 1;

  std::string version;  // pivotd's
  std::int64_t pid = 0;
  std::string boot_id;
  State state = State::kStarting;
  Phase phase = Phase::kIdle;
  std::string sentence;  // what is going on, for people
  std::optional<StatusTarget> target;
  std::vector<Reason> reasons;  // why the plan is what it is
  std::optional<StatusProgress> progress;
  std::vector<StatusDeployment> deployments;
  std::uint32_t attempt = 0;
  std::optional<StatusError> last_error;
  std::int64_t next_attempt = 0;  // seconds since the epoch; 0: none is planned
  std::int64_t updated = 0;       // seconds since the epoch

  bool operator==(const Status&) const = default;
};

json::Value to_json(const Status& status);
Result<Status> parse_status(std::string_view text);

StatusError status_error(const Error& error);
std::vector<StatusDeployment> status_deployments(const Deployments& deployments);

}  // namespace pivotd
