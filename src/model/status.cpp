#include "pivotd/model/status.h"

#include <array>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

using json::Cursor;
using json::Object;
using json::Value;

struct StateName {
  State state;
  std::string_view name;
};

constexpr std::array kStates{
    StateName{State::kStarting, "starting"},   StateName{State::kWaiting, "waiting"},
    StateName{State::kWorking, "working"},     StateName{State::kRebootNeeded, "reboot-needed"},
    StateName{State::kUpToDate, "up-to-date"}, StateName{State::kRetrying, "retrying"},
    StateName{State::kDegraded, "degraded"},   StateName{State::kUnreconcilable, "unreconcilable"},
};

Result<State> parse_state(const Cursor& cursor) {
  const auto text = TRY(cursor.string());
  for (const auto& entry : kStates)
    if (entry.name == text) return entry.state;
  return cursor.error(concat("'", printable(text), "' is not a state"));
}

Value deployment_json(const StatusDeployment& deployment) {
  return Object{{"id", deployment.id},
                {"commit", deployment.commit},
                {"version", deployment.version},
                {"custom_origin", deployment.custom_origin},
                {"kernel_arguments", deployment.kernel_arguments},
                {"booted", deployment.booted},
                {"staged", deployment.staged},
                {"pinned", deployment.pinned}};
}

Result<std::string> text_of(const Cursor& object, std::string_view key) {
  return TRY(object.member(key)).string();
}
Result<bool> flag_of(const Cursor& object, std::string_view key) {
  return TRY(object.member(key)).boolean();
}
Result<std::uint64_t> count_of(const Cursor& object, std::string_view key) {
  return TRY(object.member(key)).unsigned_integer();
}
Result<std::int64_t> number_of(const Cursor& object, std::string_view key) {
  return TRY(object.member(key)).integer();
}

Result<StatusDeployment> parse_deployment(const Cursor& object) {
  StatusDeployment deployment;
  deployment.id = TRY(text_of(object, "id"));
  deployment.commit = TRY(text_of(object, "commit"));
  deployment.version = TRY(text_of(object, "version"));
  deployment.custom_origin = TRY(text_of(object, "custom_origin"));
  deployment.kernel_arguments = TRY(text_of(object, "kernel_arguments"));
  deployment.booted = TRY(flag_of(object, "booted"));
  deployment.staged = TRY(flag_of(object, "staged"));
  deployment.pinned = TRY(flag_of(object, "pinned"));
  return deployment;
}

Result<Reason> parse_reason(const Cursor& object) {
  Reason reason;
  reason.what = TRY(text_of(object, "what"));
  reason.why = TRY(text_of(object, "why"));
  return reason;
}

Result<void> parse_optional_parts(const Cursor& root, Status& status) {
  if (const auto target = TRY(root.optional_member("target"))) {
    auto& into = status.target.emplace();
    into.name = TRY(text_of(*target, "name"));
    into.image = TRY(text_of(*target, "image"));
    into.content = TRY(text_of(*target, "content"));
  }
  if (const auto progress = TRY(root.optional_member("progress"))) {
    auto& into = status.progress.emplace();
    into.done = TRY(count_of(*progress, "done"));
    into.total = TRY(count_of(*progress, "total"));
    into.bytes_per_second = TRY(count_of(*progress, "bytes_per_second"));
  }
  if (const auto error = TRY(root.optional_member("last_error"))) {
    auto& into = status.last_error.emplace();
    into.id = TRY(text_of(*error, "id"));
    into.kind = TRY(text_of(*error, "kind"));
    into.message = TRY(text_of(*error, "message"));
    into.remedy = TRY(text_of(*error, "remedy"));
  }
  return {};
}

Value optional_json(const Status& status, std::string_view part) {
  if (part == "target" && status.target)
    return Object{{"name", status.target->name},
                  {"image", status.target->image},
                  {"content", status.target->content}};
  if (part == "progress" && status.progress)
    return Object{{"done", status.progress->done},
                  {"total", status.progress->total},
                  {"bytes_per_second", status.progress->bytes_per_second}};
  if (part == "last_error" && status.last_error)
    return Object{{"id", status.last_error->id},
                  {"kind", status.last_error->kind},
                  {"message", status.last_error->message},
                  {"remedy", status.last_error->remedy}};
  return nullptr;
}

}  // namespace

std::string_view to_string(State state) {
  for (const auto& entry : kStates)
    if (entry.state == state) return entry.name;
  return "";
}

Value to_json(const Status& status) {
  json::Array reasons;
  for (const auto& reason : status.reasons)
    reasons.push_back(Object{{"what", reason.what}, {"why", reason.why}});
  json::Array deployments;
  for (const auto& deployment : status.deployments)
    deployments.push_back(deployment_json(deployment));
  return Object{{"schema", Status::kSchema},
                {"version", status.version},
                {"pid", status.pid},
                {"boot_id", status.boot_id},
                {"state", to_string(status.state)},
                {"phase", to_string(status.phase)},
                {"sentence", status.sentence},
                {"target", optional_json(status, "target")},
                {"reasons", std::move(reasons)},
                {"progress", optional_json(status, "progress")},
                {"deployments", std::move(deployments)},
                {"attempt", std::uint64_t{status.attempt}},
                {"last_error", optional_json(status, "last_error")},
                {"next_attempt", status.next_attempt},
                {"updated", status.updated}};
}

Result<Status> parse_status(std::string_view text) {
  const auto document = TRY(json::parse(text, "the status"));
  const Cursor root(document);
  Status status;
  const auto schema = TRY(number_of(root, "schema"));
  if (schema != Status::kSchema)
    return Error(Errc::kInvalid, concat("the status has schema ", schema, ", this program reads ",
                                        Status::kSchema));
  status.version = TRY(text_of(root, "version"));
  status.pid = TRY(number_of(root, "pid"));
  status.boot_id = TRY(text_of(root, "boot_id"));
  status.state = TRY(parse_state(TRY(root.member("state"))));
  status.phase = TRY(parse_phase(TRY(text_of(root, "phase"))));
  status.sentence = TRY(text_of(root, "sentence"));
  for (const auto& reason : TRY(TRY(root.member("reasons")).elements()))
    status.reasons.push_back(TRY(parse_reason(reason)));
  for (const auto& deployment : TRY(TRY(root.member("deployments")).elements()))
    status.deployments.push_back(TRY(parse_deployment(deployment)));
  status.attempt = static_cast<std::uint32_t>(TRY(count_of(root, "attempt")));
  status.next_attempt = TRY(number_of(root, "next_attempt"));
  status.updated = TRY(number_of(root, "updated"));
  TRY(parse_optional_parts(root, status));
  return status;
}

StatusError status_error(const Error& error) {
  const auto& meaning = error_class(error.code());
  return {.id = std::string(meaning.id),
          .kind = std::string(to_string(meaning.kind)),
          .message = error.message(),
          .remedy = std::string(meaning.remedy)};
}

std::vector<StatusDeployment> status_deployments(const Deployments& deployments) {
  std::vector<StatusDeployment> list;
  for (const auto& deployment : deployments.all)
    list.push_back({.id = deployment.id,
                    .commit = deployment.commit.str(),
                    .version = deployment.version,
                    .custom_origin = deployment.custom_origin,
                    .kernel_arguments = deployment.kernel_args.str(),
                    .booted = deployment.booted,
                    .staged = deployment.staged,
                    .pinned = deployment.pinned});
  return list;
}

}  // namespace pivotd
