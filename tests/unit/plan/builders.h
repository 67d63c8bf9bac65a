#pragma once
// Targets and hosts for the planner's tests, made from as little text as possible.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"
#include "pivotd/plan/planner.h"

namespace pivotd {

inline KernelArgs args(std::string_view line) {
  auto parsed = KernelArgs::parse(line);
  EXPECT_TRUE(parsed.ok()) << line;
  return std::move(parsed).value();
}

inline Checksum commit(std::string_view name) {
  return Checksum(Sha256::of(name));
}

// "quay.io/<repository>@sha256:<of content>"
inline std::string reference(std::string_view repository, std::string_view content) {
  return concat("quay.io/", repository, "@", Digest::of(content).str());
}

inline MachineConfig target_of(std::string_view spec) {
  auto parsed = MachineConfig::parse(
      concat(R"({"kind": "MachineConfig", "metadata": {"name": "worker"}, "spec": {)", spec, "}}"));
  EXPECT_TRUE(parsed.ok()) << spec << ": " << parsed.error().message();
  return std::move(parsed).value();
}

inline Deployment deployment_of(std::string_view content, std::string_view line) {
  return {.id = concat("os-", content, ".0"),
          .stateroot = "os",
          .commit = commit(content),
          .custom_origin = concat("pivot://", reference("os", content)),
          .kernel_args = args(line)};
}

// A host that runs the image of content "a" with that line.
inline Host host_of(std::string_view line) {
  Host host;
  host.deployments.all = {deployment_of("a", line)};
  host.deployments.all[0].booted = true;
  host.boot = {.id = "boot",
               .command_line = args(line),
               .kernel_release = "5.14.0-70.el9.x86_64",
               .architecture = "amd64",
               .fips = false};
  return host;
}

inline Deployment staged_of(std::string_view content, std::string_view line) {
  auto deployment = deployment_of(content, line);
  deployment.id = concat("os-", content, ".1");
  deployment.staged = true;
  return deployment;
}

inline Result<Plan> plan_of(std::string_view spec, const Host& host, const Ledger& ledger = {},
                            const std::optional<Checksum>& target_commit = {}) {
  const auto target = target_of(spec);
  return make_plan(
      {.target = target, .host = host, .ledger = ledger, .target_commit = target_commit});
}

// The plan, which there must be.
inline Plan must_plan(std::string_view spec, const Host& host, const Ledger& ledger = {},
                      const std::optional<Checksum>& target_commit = {}) {
  auto plan = plan_of(spec, host, ledger, target_commit);
  EXPECT_TRUE(plan.ok()) << spec << ": " << plan.error().message();
  return std::move(plan).value();
}

// "unsupported: ..." or "accepted".
inline std::string refusal_of(std::string_view spec, const Host& host) {
  const auto plan = plan_of(spec, host);
  if (plan.ok()) return "accepted";
  const auto code = plan.error().code();
  return concat(code == Errc::kUnsupported ? "unsupported: "
                : code == Errc::kInvalid   ? "invalid: "
                                           : "other: ",
                plan.error().message());
}

inline std::vector<std::string> words_of(const Plan& plan) {
  std::vector<std::string> words;
  for (const auto& reason : plan.reasons) words.push_back(concat(reason.what, ": ", reason.why));
  return words;
}

}  // namespace pivotd
