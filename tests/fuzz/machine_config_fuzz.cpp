// Any text as a MachineConfig, and the plan for it: carried out, nothing is left to do.

#include <cstdint>

#include "pivotd/base/bytes.h"
#include "pivotd/base/text.h"
#include "pivotd/model/machine_config.h"
#include "pivotd/plan/planner.h"

using namespace pivotd;  // a fuzzer is one function

namespace {

Host host_to_plan_for() {
  Host host;
  host.deployments.all = {{.id = "os-1.0",
                           .stateroot = "os",
                           .commit = Checksum(Sha256::of("commit")),
                           .kernel_args = *KernelArgs::parse("root=/dev/x rw quiet console=tty0"),
                           .packages = {"usbguard", "vim"},
                           .booted = true}};
  host.boot.kernel_release = "5.14.0";
  host.boot.architecture = "arm64";
  host.can_layer_packages = true;
  return host;
}

void carry_out(const Plan& plan, const MachineConfig& target, Host& host) {
  auto& booted = host.deployments.all[0];
  if (plan.custom_origin) booted.custom_origin = *plan.custom_origin;
  booted.kernel_args = plan.kernel_args.line;
  for (const auto& package : plan.packages_removed) std::erase(booted.packages, package);
  booted.packages.insert(booted.packages.end(), plan.packages_added.begin(),
                         plan.packages_added.end());
  host.boot.kernel_release = target.kernel_type == KernelType::kRealtime   ? "5.14.0+rt"
                             : target.kernel_type == KernelType::k64kPages ? "5.14.0+64k"
                                                                           : "5.14.0";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text(std::as_bytes(std::span(data, size)));
  const auto target = MachineConfig::parse(text);
  if (!target.ok()) {
    PIVOTD_ASSERT(target.error().code() == Errc::kInvalid);
    return 0;
  }
  auto host = host_to_plan_for();
  const auto plan = make_plan({.target = *target, .host = host, .ledger = {}, .target_commit = {}});
  if (!plan.ok()) return 0;
  PIVOTD_ASSERT(!describe(*plan).empty());
  carry_out(*plan, *target, host);
  const Ledger ledger{{.line = plan->kernel_args.line, .managed = plan->kernel_args.managed}};
  const auto again =
      make_plan({.target = *target, .host = host, .ledger = ledger, .target_commit = {}});
  PIVOTD_ASSERT(again.ok() && again->cost == Cost::kNothing);
  return 0;
}
