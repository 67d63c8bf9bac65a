#include "pivotd/model/plan.h"

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

json::Value to_json(const std::vector<std::string>& strings) {
  return json::Array(strings.begin(), strings.end());
}

json::Value to_json(const KernelArgsPlan& plan) {
  return json::Object{{"line", plan.line.str()},
                      {"managed", to_json(plan.managed.strings())},
                      {"added", to_json(plan.added.strings())},
                      {"removed", to_json(plan.removed.strings())}};
}

json::Value to_json(const std::vector<Reason>& reasons) {
  json::Array array;
  for (const auto& reason : reasons)
    array.emplace_back(json::Object{{"what", reason.what}, {"why", reason.why}});
  return array;
}

std::string quoted(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  quoted.reserve(words.size());
  for (const auto& word : words) quoted.push_back(concat("'", word, "'"));
  return join(quoted, ", ");
}

std::string verdict(const Plan& plan) {
  if (plan.adopt_pending) return "reboot into the pending deployment";
  if (plan.cost == Cost::kReboot) return "make a new deployment and reboot into it";
  if (plan.discard_pending) return "discard the pending deployment, no reboot";
  return "nothing to do";
}

void add_list(std::vector<std::string>& lines, std::string_view label,
              const std::vector<std::string>& words) {
  if (!words.empty()) lines.push_back(concat(label, ": ", quoted(words)));
}

}  // namespace

std::string_view to_string(Cost cost) {
  switch (cost) {
    case Cost::kNothing:
      return "nothing";
    case Cost::kReboot:
      return "reboot";
  }
  PIVOTD_ASSERT(false);
}

json::Value to_json(const Plan& plan) {
  const json::Value none;
  return json::Object{
      {"target", json::Object{{"name", plan.target_name}, {"content", plan.target_content.str()}}},
      {"image", plan.image ? json::Value(plan.image->str()) : none},
      {"custom_origin", plan.custom_origin ? json::Value(*plan.custom_origin) : none},
      {"kernel_arguments", to_json(plan.kernel_args)},
      {"packages", json::Object{{"added", to_json(plan.packages_added)},
                                {"removed", to_json(plan.packages_removed)}}},
      {"kernel_type", to_string(plan.kernel_type)},
      {"discard_pending", plan.discard_pending},
      {"adopt_pending", plan.adopt_pending},
      {"cost", to_string(plan.cost)},
      {"reasons", to_json(plan.reasons)}};
}

std::string describe(const Plan& plan) {
  std::vector<std::string> lines;
  lines.push_back(concat("target '", plan.target_name, "': ", verdict(plan)));
  if (plan.image) lines.push_back(concat("image: '", plan.image->str(), "'"));
  add_list(lines, "kernel arguments added", plan.kernel_args.added.strings());
  add_list(lines, "kernel arguments removed", plan.kernel_args.removed.strings());
  if (plan.cost == Cost::kReboot)
    lines.push_back(concat("kernel command line: ", plan.kernel_args.line.str()));
  add_list(lines, "packages added", plan.packages_added);
  add_list(lines, "packages removed", plan.packages_removed);
  if (plan.kernel_type != KernelType::kDefault)
    lines.push_back(concat("kernel type: ", to_string(plan.kernel_type)));
  for (const auto& reason : plan.reasons)
    lines.push_back(concat("because of ", reason.what, ": ", reason.why));
  return join(lines, "\n");
}

}  // namespace pivotd
