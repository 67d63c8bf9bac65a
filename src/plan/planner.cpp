#include "pivotd/plan/planner.h"

#include <iterator>

#include "pivotd/base/text.h"

#include "plan/kernel_line.h"
#include "plan/packages.h"
#include "plan/reconcilable.h"

namespace pivotd {

namespace {

void move_into(std::vector<std::string>& all, std::vector<std::string>& some) {
  all.insert(all.end(), std::move_iterator(some.begin()), std::move_iterator(some.end()));
}

void move_into(std::vector<Reason>& all, std::vector<Reason>& some) {
  all.insert(all.end(), std::move_iterator(some.begin()), std::move_iterator(some.end()));
}

// Plans for one host that has a deployment to start from.
class Planner {
 public:
  Planner(const PlanInput& input, const Deployment& base)
      : input_(input),
        base_(base),
        plan_{.target_name = input.target.name,
              .target_content = input.target.content,
              .kernel_type = input.target.kernel_type} {}

  Result<Plan> make() {
    TRY(refuse_boot_critical());
    compare_images();
    auto line = plan_kernel_line(base_.kernel_args, input_.target.kernel_arguments, input_.ledger);
    auto packages = plan_packages(input_.target, input_.host, base_);
    auto reconcilable = check_reconcilable(input_.target, input_.host);
    const bool changes =
        plan_.image || !(line.args.line == base_.kernel_args) || packages.changes();
    if (changes) check_base(line.args.line, packages);
    for (auto* problems : {&reconcilable.problems, &packages.problems, &line.problems})
      move_into(problems_, *problems);
    if (!problems_.empty()) return Error(Errc::kUnsupported, join(problems_, "; "));

    plan_.kernel_args = std::move(line.args);
    plan_.packages_added = packages.added;
    plan_.packages_removed = packages.removed;
    for (auto* reasons : {&line.reasons, &packages.reasons, &reconcilable.reasons})
      move_into(plan_.reasons, *reasons);
    if (changes) {
      plan_.cost = Cost::kReboot;
      if (!plan_.image) plan_.custom_origin = refreshed_origin_;
    }
    look_at_pending(packages);
    return std::move(plan_);
  }

 private:
  Result<void> refuse_boot_critical() const {
    const auto critical = boot_critical(input_.target.kernel_arguments);
    if (critical.empty()) return {};
    return Error(Errc::kInvalid,
                 concat("the target's kernel arguments name what the host needs to boot, which "
                        "pivotd neither adds nor removes: '",
                        join(critical, "', '"), "'"));
  }

  void why(std::string_view what, std::string text) {
    plan_.reasons.push_back({.what = std::string(what), .why = std::move(text)});
  }

  void compare_images() {
    const auto& wanted = input_.target.image;
    if (!wanted) {
      why("image", "the target names no image: the operating system stays what it is");
      return;
    }
    const auto deployed = base_.image();
    const auto& commit = input_.target_commit;
    if (commit && *commit == base_.base_commit()) return same_commit(*wanted, deployed);
    if (deployed && deployed->digest() == wanted->digest() && !commit) {
      if (deployed->str() != wanted->str()) note_other_name(*wanted, deployed->str());
      return;
    }
    plan_.image = wanted;
    plan_.custom_origin = origin_of(*wanted);
    explain_new_image(*wanted, deployed);
  }

  static std::string origin_of(const ImageRef& image) { return concat(kOriginScheme, image.str()); }

  void same_commit(const ImageRef& wanted, const std::optional<ImageRef>& deployed) {
    if (deployed && deployed->str() == wanted.str()) return;
    if (deployed && deployed->digest() == wanted.digest())
      return note_other_name(wanted, deployed->str());
    why("image", concat("'", wanted.str(), "' holds commit '", base_.base_commit().str(),
                        "', which is deployed already"));
    refreshed_origin_ = origin_of(wanted);
  }

  void note_other_name(const ImageRef& wanted, std::string_view recorded) {
    why("image", concat("the target names the deployed image '", wanted.str(),
                        "', it is recorded as '", recorded,
                        "': the name alone is worth no reboot, and is refreshed with the next "
                        "deployment"));
    refreshed_origin_ = origin_of(wanted);
  }

  void explain_new_image(const ImageRef& wanted, const std::optional<ImageRef>& deployed) {
    const auto target = concat("target '", wanted.digest().str(), "'");
    if (!deployed)
      why("image",
          concat("deployed commit '", base_.base_commit().str(), "' of no image, ", target));
    else if (deployed->digest() == wanted.digest())
      why("image",
          concat("the deployment claims to be '", wanted.digest().str(), "', but its commit is '",
                 base_.base_commit().str(), "' instead of '", input_.target_commit->str(), "'"));
    else
      why("image", concat("deployed '", deployed->digest().str(), "', ", target));
  }

  // What keeps a new deployment from being made of this base at all.
  void check_base(const KernelArgs& line, const PackagesPlan& packages) {
    for (const auto& arg : line.args())
      if (arg.has_open_quote())
        problems_.push_back(concat("kernel arguments: '", arg.str(),
                                   "' on the host's command line has a quote that is not closed, "
                                   "which would swallow what comes after it"));
    if (plan_.image && !input_.host.can_layer_packages && !packages.wanted.empty())
      problems_.push_back(concat("the host has packages layered ('", join(base_.packages, "', '"),
                                 "'), which the libostree backend cannot carry over to another "
                                 "image: rpm-ostree is needed for it"));
  }

  bool pending_has_image(const Deployment& pending) const {
    if (!plan_.image) return pending.base_commit() == base_.base_commit();
    if (input_.target_commit) return pending.base_commit() == *input_.target_commit;
    const auto image = pending.image();
    return image && image->digest() == plan_.image->digest();
  }

  void look_at_pending(const PackagesPlan& packages) {
    const auto* pending = input_.host.deployments.pending();
    if (pending == nullptr) return;
    const auto origin = pending->custom_origin.empty() ? pending->origin : pending->custom_origin;
    const auto name = concat("deployment '", pending->id, "'",
                             origin.empty() ? "" : concat(" of '", printable(origin), "'"));
    if (plan_.cost == Cost::kNothing) {
      plan_.discard_pending = true;
      why("pending", concat(name,
                            " waits for a boot, but the host is what the target asks for: it "
                            "is discarded"));
      return;
    }
    // The kernel type of what is pending cannot be seen before it runs.
    const bool same = pending_has_image(*pending) &&
                      pending->kernel_args == plan_.kernel_args.line &&
                      pending->packages == packages.wanted && !packages.kernel_type_changes;
    plan_.adopt_pending = same;
    why("pending", same ? concat(name, " is what the target asks for: only the reboot is left")
                        : concat(name, " is not what the target asks for: it is replaced"));
  }

  const PlanInput& input_;
  const Deployment& base_;
  Plan plan_;
  // For when a deployment is made for another reason: the deployed image's name in the target.
  std::optional<std::string> refreshed_origin_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<Plan> make_plan(const PlanInput& input) {
  const auto* base = input.host.deployments.base();
  if (base == nullptr)
    return Error(Errc::kUnsupported,
                 "this host has no OSTree deployment that a new one could be based on: pivotd "
                 "updates installed hosts, it does not install them");
  return Planner(input, *base).make();
}

}  // namespace pivotd
