#pragma once
// Who makes deployments: rpm-ostreed, or libostree's sysroot API.

#include <optional>
#include <string>
#include <vector>

#include "pivotd/model/deployment.h"
#include "pivotd/ports/commit_store.h"

namespace pivotd {

// What the next boot shall take.
struct DeploymentSpec {
  KernelArgs kernel_args;                 // the whole command line, without ostree=
  std::string custom_origin;              // "pivot://...", or "" for none
  std::string custom_origin_description;  // not empty where custom_origin is not
  std::vector<std::string> packages;      // requested, sorted; empty where the backend cannot layer
};

// Proof: the next boot takes this deployment (staged, or already written where the host is not
// booted). Only a Deployer can make one.
class Staged {
 public:
  const Deployment& deployment() const { return deployment_; }

 private:
  friend class Deployer;
  explicit Staged(Deployment deployment) : deployment_(std::move(deployment)) {}
  Deployment deployment_;
};

class Deployer {
 public:
  Deployer() = default;
  Deployer(const Deployer&) = delete;
  Deployer& operator=(const Deployer&) = delete;
  virtual ~Deployer() = default;

  virtual bool can_layer_packages() const = 0;

  // Read anew from the host at each call.
  virtual Result<Deployments> list(const Stop& stop) = 0;

  // Makes the commit what the next boot takes, with /etc merged from the deployment it replaces,
  // and reads the result back: success means the host says so. The booted deployment, or the first
  // where none is booted, is kept. When the pending deployment is exactly that already, nothing is
  // done.
  virtual Result<Staged> stage(const Imported& commit, const DeploymentSpec& spec,
                               const Stop& stop) = 0;

  // The one rollback primitive: no deployment is pending any more, and the booted one is what the
  // next boot takes; read back. Works without network and at zero bytes free. Nothing pending is
  // success.
  virtual Result<void> unstage(const Stop& stop) = 0;

  // Housekeeping: removes deployments that are neither booted, pending, pinned nor the one to fall
  // back to, and prunes what nothing refers to.
  virtual Result<void> clean_up(const Stop& stop) = 0;

 protected:
  static Staged prove(Deployment deployment) { return Staged(std::move(deployment)); }
};

}  // namespace pivotd
