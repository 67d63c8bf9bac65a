#include "ostree/sysroot_change.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <unistd.h>

#include "pivotd/base/text.h"

#include "ostree/sysroot_listing.h"

namespace pivotd::ostree {

namespace {

// libostree's _OSTREE_SYSROOT_RUNSTATE_STAGED_LOCKED, which rpm-ostree removes by this name too.
constexpr const char* kFinalizationLock = "/run/ostree/staged-deployment-locked";

using One = OstreeDeployment*;  // borrowed from the list it was taken from

std::vector<One> listed(const glib::PtrArray& deployments) {
  std::vector<One> all;
  for (guint i = 0; i < deployments->len; ++i) {
    all.push_back(static_cast<One>(g_ptr_array_index(deployments.get(), i)));
  }
  return all;
}

glib::KeyFile make_origin(const NewDeployment& wanted) {
  glib::KeyFile origin(g_key_file_new());
  g_key_file_set_string(origin.get(), "origin", "refspec", wanted.commit.c_str());
  if (wanted.custom_origin.empty()) return origin;
  g_key_file_set_string(origin.get(), "origin", "custom-url", wanted.custom_origin.c_str());
  g_key_file_set_string(origin.get(), "origin", "custom-description",
                        wanted.custom_origin_description.c_str());
  return origin;
}

// For a C interface that takes a null-terminated vector and does not write to it.
std::vector<char*> c_strings(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const auto& one : strings) pointers.push_back(const_cast<char*>(one.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Result<void> write_list(OstreeSysroot* sysroot, const std::vector<One>& deployments,
                        const Stop& stop) {
  const glib::PtrArray array(g_ptr_array_new());
  for (auto* const one : deployments) g_ptr_array_add(array.get(), one);
  OstreeSysrootWriteDeploymentsOpts options = {};  // tidying is the caller's
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  if (ostree_sysroot_write_deployments_with_options(sysroot, array.get(), &options,
                                                    cancellable.get(), error) == FALSE) {
    return error.take("writing the list of deployments");
  }
  return {};
}

// Directories, kernels and refs of deployments that are not listed; objects stay.
Result<void> tidy(OstreeSysroot* sysroot, const Stop& stop) {
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  if (ostree_sysroot_prepare_cleanup(sysroot, cancellable.get(), error) == FALSE) {
    return error.take("cleaning up after deployments");
  }
  return {};
}

bool may_go(One deployment, One booted) {
  return ostree_deployment_is_pinned(deployment) == FALSE &&
         std::string_view(ostree_deployment_get_osname(deployment)) ==
             ostree_deployment_get_osname(booted);
}

enum class WhatIsStaged { kStays, kGoes };

// `all` with the booted one first, or right behind the staged one where that stays.
std::vector<One> booted_first(const std::vector<One>& all, One booted, WhatIsStaged what) {
  std::vector<One> kept;
  std::vector<One> moved;
  bool seen_booted = false;
  for (auto* const one : all) {
    seen_booted = seen_booted || one == booted;
    if (ostree_deployment_is_staged(one) != FALSE) {
      if (what == WhatIsStaged::kStays) kept.push_back(one);
    } else if (seen_booted) {
      kept.push_back(one);
    } else if (!may_go(one, booted)) {
      moved.push_back(one);
    }
  }
  kept.insert(kept.end(), moved.begin(), moved.end());
  return kept;
}

// A written deployment ahead of the booted one is what boots after a power cut: then neither the
// old nor the new one would. It goes before anything is staged.
Result<void> remove_written_pending(OstreeSysroot* sysroot, One booted, const Stop& stop) {
  const glib::PtrArray deployments(ostree_sysroot_get_deployments(sysroot));
  const auto all = listed(deployments);
  const auto wanted = booted_first(all, booted, WhatIsStaged::kStays);
  if (wanted == all) return {};
  return write_list(sysroot, wanted, stop).context("removing what is pending");
}

Result<void> stage_tree(OstreeSysroot* sysroot, const NewDeployment& wanted, One merge,
                        const Stop& stop) {
  const auto origin = make_origin(wanted);
  auto args = c_strings(wanted.kernel_args);
  OstreeSysrootDeployTreeOpts options = {};
  options.override_kernel_argv = args.data();
  const glib::Cancellable cancellable(stop);
  glib::Object<OstreeDeployment> made;
  glib::ErrorSlot error;
  if (ostree_sysroot_stage_tree_with_options(sysroot, wanted.stateroot.c_str(),
                                             wanted.commit.c_str(), origin.get(), merge, &options,
                                             glib::out(made), cancellable.get(), error) == FALSE) {
    return error.take("staging it");
  }
  return {};
}

Result<void> deploy_tree(OstreeSysroot* sysroot, const NewDeployment& wanted, One merge,
                         const Stop& stop) {
  const auto origin = make_origin(wanted);
  auto args = c_strings(wanted.kernel_args);
  OstreeSysrootDeployTreeOpts options = {};
  options.override_kernel_argv = args.data();
  const glib::Cancellable cancellable(stop);
  glib::Object<OstreeDeployment> made;
  glib::ErrorSlot error;
  if (ostree_sysroot_deploy_tree_with_options(sysroot, wanted.stateroot.c_str(),
                                              wanted.commit.c_str(), origin.get(), merge, &options,
                                              glib::out(made), cancellable.get(), error) == FALSE) {
    return error.take("checking it out");
  }
  // Keeps the one it was merged from, whatever is pinned, and other stateroots.
  if (ostree_sysroot_simple_write_deployment(sysroot, wanted.stateroot.c_str(), made.get(), merge,
                                             OSTREE_SYSROOT_SIMPLE_WRITE_DEPLOYMENT_FLAGS_NO_CLEAN,
                                             cancellable.get(), error) == FALSE) {
    return error.take("writing its boot loader entry");
  }
  return tidy(sysroot, stop);
}

}  // namespace

Result<void> write_deployment(OstreeSysroot* sysroot, const NewDeployment& wanted,
                              const Stop& stop) {
  const auto merge =
      glib::adopt(ostree_sysroot_get_merge_deployment(sysroot, wanted.stateroot.c_str()));
  auto* const booted = ostree_sysroot_get_booted_deployment(sysroot);
  if (booted == nullptr) return deploy_tree(sysroot, wanted, merge.get(), stop);
  TRY(remove_written_pending(sysroot, booted, stop));
  return stage_tree(sysroot, wanted, merge.get(), stop);
}

Result<void> undo_deployment(const SysrootOptions& options, const Deployments& before) {
  const auto sysroot = TRY(load_sysroot(options, Stop()));
  const auto now = TRY(list_deployments(sysroot.get()));
  const glib::PtrArray deployments(ostree_sysroot_get_deployments(sysroot.get()));
  const auto all = listed(deployments);
  std::vector<One> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // libostree never gives a new deployment the id of one whose directory is still there.
    const auto is_same = [&](const Deployment& one) { return one.id == now.all[i].id; };
    if (std::any_of(before.all.begin(), before.all.end(), is_same)) kept.push_back(all[i]);
  }
  if (kept != all) TRY(write_list(sysroot.get(), kept, Stop()));
  return tidy(sysroot.get(), Stop());
}

Result<void> allow_finalization() {
  if (unlink(kFinalizationLock) == 0 || errno == ENOENT) return {};
  return errno_error(errno, concat("removing '", kFinalizationLock, "'"));
}

Result<void> remove_pending(OstreeSysroot* sysroot) {
  const glib::PtrArray deployments(ostree_sysroot_get_deployments(sysroot));
  const auto all = listed(deployments);
  auto* const booted = ostree_sysroot_get_booted_deployment(sysroot);
  const auto wanted = booted_first(all, booted, WhatIsStaged::kGoes);
  if (wanted == all) return {};
  // Not to be stopped halfway: a rollback that was begun is finished.
  TRY(write_list(sysroot, wanted, Stop()).context("removing what is pending"));
  return tidy(sysroot, Stop());
}

Result<void> remove_unneeded(OstreeSysroot* sysroot, const Stop& stop) {
  const glib::PtrArray deployments(ostree_sysroot_get_deployments(sysroot));
  const auto all = listed(deployments);
  if (all.empty()) return {};
  auto* const booted = ostree_sysroot_get_booted_deployment(sysroot);
  auto* const current = booted == nullptr ? all.front() : booted;
  std::vector<One> kept;
  bool seen_current = false;
  bool seen_fallback = false;
  for (auto* const one : all) {
    const bool is_fallback = seen_current && !seen_fallback && may_go(one, current);
    seen_fallback = seen_fallback || is_fallback;
    if (one == current || one == all.front() || is_fallback || !may_go(one, current)) {
      kept.push_back(one);
    }
    seen_current = seen_current || one == current;
  }
  if (kept != all) TRY(write_list(sysroot, kept, stop).context("removing old deployments"));
  return tidy(sysroot, stop);
}

// Not ostree_sysroot_cleanup(): that prints what it freed to standard output.
Result<void> prune(OstreeSysroot* sysroot, const Stop& stop) {
  const glib::HashTable reachable(ostree_repo_traverse_new_reachable());
  OstreeRepoPruneOptions options = {};
  options.flags = OSTREE_REPO_PRUNE_FLAGS_REFS_ONLY;
  options.reachable = reachable.get();
  int total = 0;
  int pruned = 0;
  guint64 freed = 0;
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  if (ostree_sysroot_cleanup_prune_repo(sysroot, &options, &total, &pruned, &freed,
                                        cancellable.get(), error) == FALSE) {
    return error.take("pruning the repository");
  }
  return {};
}

}  // namespace pivotd::ostree
