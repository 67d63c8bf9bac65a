#pragma once
// A host's deployments in memory, as libostree and rpm-ostreed keep them: staged where the host is
// booted, written at once where it is not. Outlives the engine in a crash test: what is in here is
// what would be on the disk, and `staged` what would be in /run.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "pivotd/ports/deployer.h"

namespace pivotd::fakes {

class FakeDeployer final : public Deployer {
 public:
  // Told "stage: before", "stage: after", "unstage: before" ... around each change, and not when
  // there is nothing to change. What it throws passes through: the change is then not made, or
  // made.
  using Hook = std::function<void(std::string_view effect)>;

  // The first deployment is what the next boot takes; at most one is booted.
  explicit FakeDeployer(Deployments deployments) : deployments_(std::move(deployments)) {}
  // A host that runs its only deployment.
  static Deployment booted_deployment(const Checksum& commit, const KernelArgs& kernel_args,
                                      const std::string& custom_origin = "");

  void set_hook(Hook hook) { hook_ = std::move(hook); }
  void set_can_layer_packages() { can_layer_packages_ = true; }
  // The next call that would change something fails with this, and changes nothing.
  void fail_next(Error error) { failure_ = std::move(error); }
  const Deployments& deployments() const { return deployments_; }
  void set_deployments(Deployments deployments) { deployments_ = std::move(deployments); }

  // An orderly shutdown and the boot after it. Into the new one: what is pending becomes what is
  // booted. Otherwise finalizing it failed: the old one is booted again, and what was staged is
  // gone.
  enum class Into { kNew, kOld };
  void simulate_boot(Into into);
  // A power cut and the boot after it: what was staged was in memory and is gone; what was written
  // boots.
  void lose_staged();

  bool can_layer_packages() const override { return can_layer_packages_; }
  Result<Deployments> list(const Stop& stop) override;
  Result<Staged> stage(const Imported& commit, const DeploymentSpec& spec,
                       const Stop& stop) override;
  Result<void> unstage(const Stop& stop) override;
  Result<void> clean_up(const Stop& stop) override;

 private:
  Result<void> change(std::string_view effect, const std::function<void()>& effect_on_host);
  Deployment make(const Checksum& commit, const DeploymentSpec& spec) const;
  void put_first(Deployment made);

  Deployments deployments_;
  Hook hook_;
  std::optional<Error> failure_;
  bool can_layer_packages_ = false;
};

}  // namespace pivotd::fakes
