#include "fakes/fake_deployer.h"

#include <algorithm>
#include <utility>

#include "pivotd/base/text.h"

namespace pivotd::fakes {

namespace {

constexpr const char* kStateroot = "fake";

bool is_as_asked(const Deployment& deployment, const Checksum& commit, const DeploymentSpec& spec) {
  return deployment.base_commit() == commit && deployment.custom_origin == spec.custom_origin &&
         deployment.kernel_args == spec.kernel_args && deployment.packages == spec.packages;
}

// A deployment with packages on it is a commit of its own, made on the host.
Checksum layered(const Checksum& base, const std::vector<std::string>& packages) {
  return Checksum(Sha256::of(concat(base.str(), " with ", join(packages, ","))));
}

}  // namespace

Deployment FakeDeployer::booted_deployment(const Checksum& commit, const KernelArgs& kernel_args,
                                           const std::string& custom_origin) {
  return Deployment{.id = concat(kStateroot, "-", commit.str(), ".0"),
                    .stateroot = kStateroot,
                    .commit = commit,
                    .base = std::nullopt,
                    .version = "",
                    .origin = commit.str(),
                    .custom_origin = custom_origin,
                    .kernel_args = kernel_args,
                    .packages = {},
                    .booted = true,
                    .staged = false,
                    .pinned = false};
}

void FakeDeployer::simulate_boot(Into into) {
  if (into == Into::kOld) return lose_staged();
  if (deployments_.all.empty()) return;
  for (auto& deployment : deployments_.all) deployment.booted = deployment.staged = false;
  deployments_.all.front().booted = true;
}

void FakeDeployer::lose_staged() {
  std::erase_if(deployments_.all, [](const Deployment& one) { return one.staged; });
  if (deployments_.all.empty()) return;
  for (auto& deployment : deployments_.all) deployment.booted = false;
  deployments_.all.front().booted = true;
}

Result<Deployments> FakeDeployer::list(const Stop& stop) {
  TRY(check(stop));
  return deployments_;
}

Result<void> FakeDeployer::change(std::string_view effect,
                                  const std::function<void()>& effect_on_host) {
  if (failure_) return *std::exchange(failure_, std::nullopt);
  if (hook_) hook_(concat(effect, ": before"));
  effect_on_host();
  if (hook_) hook_(concat(effect, ": after"));
  return {};
}

Result<Staged> FakeDeployer::stage(const Imported& commit, const DeploymentSpec& spec,
                                   const Stop& stop) {
  TRY(check(stop));
  if (!spec.packages.empty() && !can_layer_packages_) {
    return Error(Errc::kUnsupported, "this backend cannot layer packages");
  }
  auto& all = deployments_.all;
  if (!all.empty() && !all.front().booted && is_as_asked(all.front(), commit.commit(), spec)) {
    return prove(all.front());
  }
  TRY(change("stage", [&] { put_first(make(commit.commit(), spec)); }));
  return prove(all.front());
}

// The next free serial of that commit, as OSTree numbers them.
Deployment FakeDeployer::make(const Checksum& commit, const DeploymentSpec& spec) const {
  auto made = booted_deployment(commit, spec.kernel_args, spec.custom_origin);
  made.booted = false;
  made.staged = deployments_.booted() != nullptr;
  made.packages = spec.packages;
  if (!spec.packages.empty()) {
    made.base = commit;
    made.commit = layered(commit, spec.packages);
  }
  const auto serial = std::count_if(
      deployments_.all.begin(), deployments_.all.end(),
      [&](const Deployment& one) { return one.commit == made.commit && !one.staged; });
  made.id = concat(made.stateroot, "-", made.commit.str(), ".", serial);
  return made;
}

// In place of what is pending; what is booted, the one to fall back to and what is pinned stay.
void FakeDeployer::put_first(Deployment made) {
  auto& all = deployments_.all;
  const auto booted =
      std::find_if(all.begin(), all.end(), [](const Deployment& one) { return one.booted; });
  if (booted != all.end()) all.erase(all.begin(), booted);
  all.insert(all.begin(), std::move(made));
}

Result<void> FakeDeployer::unstage(const Stop& stop) {
  TRY(check(stop));
  auto& all = deployments_.all;
  const auto booted =
      std::find_if(all.begin(), all.end(), [](const Deployment& one) { return one.booted; });
  if (booted == all.begin() || booted == all.end()) return {};
  return change("unstage", [&] { all.erase(all.begin(), booted); });
}

Result<void> FakeDeployer::clean_up(const Stop& stop) {
  TRY(check(stop));
  // The current one is the booted one, or the first; the one behind it is the one to fall back to.
  const auto& all = deployments_.all;
  const auto* const current = deployments_.base();
  const auto* const fallback = current == nullptr || current == &all.back() ? nullptr : current + 1;
  auto kept = Deployments{};
  for (const auto& one : all) {
    if (&one == &all.front() || &one == current || &one == fallback || one.pinned) {
      kept.all.push_back(one);
    }
  }
  if (kept == deployments_) return {};
  return change("clean_up", [&] { deployments_ = std::move(kept); });
}

}  // namespace pivotd::fakes
