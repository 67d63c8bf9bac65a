#include "pivotd/ostree/sysroot_deployer.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "pivotd/base/text.h"

#include "ostree/sysroot_change.h"
#include "ostree/sysroot_checks.h"
#include "ostree/sysroot_listing.h"
#include "ostree/sysroot_open.h"

namespace pivotd::ostree {

namespace {

bool is_as_asked(const Deployment& deployment, const Checksum& commit, const DeploymentSpec& spec,
                 const std::string& stateroot) {
  // The arguments as they are written, not as the kernel would take them: what was asked for is
  // compared byte for byte.
  return deployment.stateroot == stateroot && deployment.commit == commit && !deployment.base &&
         deployment.origin == commit.str() && deployment.custom_origin == spec.custom_origin &&
         deployment.packages.empty() &&
         deployment.kernel_args.strings() == spec.kernel_args.strings();
}

// The first deployment, unless the host already runs it.
const Deployment* next_to_boot(const Deployments& deployments) {
  const auto& all = deployments.all;
  return all.empty() || all.front().booted ? nullptr : &all.front();
}

Result<void> check_spec(const DeploymentSpec& spec) {
  if (!spec.packages.empty()) {
    return Error(Errc::kUnsupported, concat("packages cannot be layered without rpm-ostree: '",
                                            join(spec.packages, "', '"), "'"));
  }
  if (!spec.custom_origin.empty() && spec.custom_origin_description.empty()) {
    return Error(Errc::kInternal, "a custom origin needs a description");
  }
  return check_kernel_args(spec.kernel_args);
}

class SysrootDeployer final : public Deployer {
 public:
  explicit SysrootDeployer(SysrootOptions options) : options_(std::move(options)) {}

  bool can_layer_packages() const override { return false; }
  Result<Deployments> list(const Stop& stop) override;
  Result<Staged> stage(const Imported& commit, const DeploymentSpec& spec,
                       const Stop& stop) override;
  Result<void> unstage(const Stop& stop) override;
  Result<void> clean_up(const Stop& stop) override;

 private:
  Result<std::optional<Deployment>> find_pending(const Checksum& commit, const DeploymentSpec& spec,
                                                 const std::string& stateroot);
  Result<Staged> deploy(OstreeSysroot* sysroot, const NewDeployment& wanted,
                        const DeploymentSpec& spec, const Stop& stop);

  SysrootOptions options_;
};

Result<Deployments> SysrootDeployer::list(const Stop& stop) {
  const auto sysroot = TRY(load_sysroot(options_, stop));
  return list_deployments(sysroot.get());
}

// What the next boot takes, read anew, if it is what was asked for. Not cancellable: what is true
// must be known, above all after a cancellation.
Result<std::optional<Deployment>> SysrootDeployer::find_pending(const Checksum& commit,
                                                                const DeploymentSpec& spec,
                                                                const std::string& stateroot) {
  const auto deployments = TRY(list(Stop()));
  const auto* const next = next_to_boot(deployments);
  if (next == nullptr || !is_as_asked(*next, commit, spec, stateroot)) {
    return std::optional<Deployment>();
  }
  return std::optional<Deployment>(*next);
}

Result<Staged> SysrootDeployer::stage(const Imported& commit, const DeploymentSpec& spec,
                                      const Stop& stop) {
  TRY(check_spec(spec));
  const auto sysroot = TRY(lock_sysroot(options_, stop));
  const auto stateroot = TRY(choose_stateroot(options_, sysroot.get()));
  if (auto pending = TRY(find_pending(commit.commit(), spec, stateroot))) {
    TRY(allow_finalization());
    return prove(*std::move(pending));
  }
  const NewDeployment wanted{.stateroot = stateroot,
                             .commit = commit.commit().str(),
                             .custom_origin = spec.custom_origin,
                             .custom_origin_description = spec.custom_origin_description,
                             .kernel_args = spec.kernel_args.strings()};
  auto staged = deploy(sysroot.get(), wanted, spec, stop)
                    .context(concat("deploying commit '", wanted.commit, "'"));
  if (staged.ok() || staged.error().code() != Errc::kNotFound) return staged;
  // The proof said that all of the commit is here; what is gone since then is imported again by the
  // next attempt, and waits for nobody.
  return Error(Errc::kHost, staged.error().message());
}

Result<Staged> SysrootDeployer::deploy(OstreeSysroot* sysroot, const NewDeployment& wanted,
                                       const DeploymentSpec& spec, const Stop& stop) {
  const auto commit = TRY(Checksum::parse(wanted.commit));
  TRY(check_bootable(sysroot, wanted.commit, stop));
  const auto before = TRY(list_deployments(sysroot));
  const auto written = write_deployment(sysroot, wanted, stop);
  // Whatever libostree said, the host has the last word: an error may come after the deed, and a
  // success without it.
  if (auto pending = TRY(find_pending(commit, spec, wanted.stateroot))) {
    TRY(allow_finalization());
    return prove(*std::move(pending));
  }
  const auto undone = undo_deployment(options_, before);
  if (!written.ok()) return written.error();
  TRY(undone);
  return Error(Errc::kInternal,
               "the deployment that libostree made is not the one that was asked for");
}

Result<void> SysrootDeployer::unstage(const Stop& stop) {
  const auto sysroot = TRY(lock_sysroot(options_, stop));
  if (ostree_sysroot_get_booted_deployment(sysroot.get()) == nullptr) return {};
  const auto removed = remove_pending(sysroot.get());
  const auto deployments = TRY(list(Stop()));
  // A full disk may stop the tidying after the pending deployment is gone; that is success.
  if (next_to_boot(deployments) == nullptr) return {};
  TRY(removed);
  return Error(Errc::kInternal, concat("deployment '", deployments.all.front().id,
                                       "' is pending after it was removed"));
}

Result<void> SysrootDeployer::clean_up(const Stop& stop) {
  const auto sysroot = TRY(lock_sysroot(options_, stop));
  TRY(remove_unneeded(sysroot.get(), stop));
  return prune(sysroot.get(), stop);
}

}  // namespace

Result<std::unique_ptr<Deployer>> open_sysroot_deployer(SysrootOptions options) {
  (void)TRY(sysroot_repo(options));
  const auto sysroot = TRY(load_sysroot(options, Stop()));
  (void)TRY(choose_stateroot(options, sysroot.get()));
  return std::unique_ptr<Deployer>(std::make_unique<SysrootDeployer>(std::move(options)));
}

}  // namespace pivotd::ostree
