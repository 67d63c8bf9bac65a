#include "plan/packages.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

using Names = std::set<std::string>;

struct Extension {
  std::string_view name;
  std::array<std::string_view, 3> packages;  // unused ones are empty
};

// As of OpenShift 4.19, which has all that came before it.
constexpr std::array<Extension, 8> kExtensions{{
    {"ipsec", {"NetworkManager-libreswan", "libreswan"}},
    {"kerberos", {"krb5-workstation", "libkadm5"}},
    {"kernel-devel", {"kernel-devel", "kernel-headers"}},
    {"sandboxed-containers", {"kata-containers"}},
    {"sysstat", {"sysstat"}},
    {"two-node-ha", {"pacemaker", "pcs", "fence-agents-all"}},
    {"usbguard", {"usbguard"}},
    {"wasm", {"crun-wasm"}},
}};

// Packages that a kernel type other than the default consists of.
constexpr std::array<std::string_view, 2> kKernelPackages{"kernel-rt", "kernel-64k"};

void insert_packages(const Extension& extension, Names& names) {
  for (const auto package : extension.packages)
    if (!package.empty()) names.emplace(package);
}

Names extension_packages() {
  Names names;
  for (const auto& extension : kExtensions) insert_packages(extension, names);
  return names;
}

bool is_kernel_package(const std::string& name) {
  return std::any_of(kKernelPackages.begin(), kKernelPackages.end(),
                     [&name](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string quoted(const std::vector<std::string>& names) {
  return concat("'", join(names, "', '"), "'");
}

std::vector<std::string> minus(const Names& left, const Names& right) {
  std::vector<std::string> rest;
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(),
                      std::back_inserter(rest));
  return rest;
}

// The packages that the target's extensions are; names that are none go into `unknown`.
Names resolve(const std::vector<std::string>& extensions, std::vector<std::string>& unknown) {
  Names packages;
  for (const auto& name : extensions) {
    const auto known =
        std::find_if(kExtensions.begin(), kExtensions.end(),
                     [&name](const Extension& extension) { return extension.name == name; });
    if (known == kExtensions.end()) {
      unknown.push_back(name);
    } else {
      insert_packages(*known, packages);
    }
  }
  return packages;
}

KernelType type_of_release(std::string_view release) {
  const auto has = [release](std::string_view mark) {
    return release.find(mark) != std::string_view::npos;
  };
  if (has("+rt") || has(".rt")) return KernelType::kRealtime;
  if (has("64k")) return KernelType::k64kPages;
  return KernelType::kDefault;
}

// Where nothing of this host is booted, the running kernel is somebody else's.
KernelType observed_type(const Host& host, const Deployment& base) {
  if (host.deployments.booted() != nullptr) return type_of_release(host.boot.kernel_release);
  for (const auto& package : base.packages) {
    if (package.starts_with("kernel-rt")) return KernelType::kRealtime;
    if (package.starts_with("kernel-64k")) return KernelType::k64kPages;
  }
  return KernelType::kDefault;
}

void plan_extensions(const MachineConfig& target, const Deployment& base, PackagesPlan& plan) {
  std::vector<std::string> unknown;
  const auto wanted = resolve(target.extensions, unknown);
  if (!unknown.empty())
    plan.problems.push_back(
        concat("extensions: ", quoted(unknown),
               unknown.size() == 1 ? " is not an extension" : " are not extensions",
               " of this operating system"));
  const Names present(base.packages.begin(), base.packages.end());
  const auto of_extensions = extension_packages();
  plan.added = minus(wanted, present);
  Names removed;
  std::vector<std::string> kept;
  for (const auto& package : present) {
    if (of_extensions.contains(package)) {
      if (!wanted.contains(package)) removed.insert(package);
    } else if (!is_kernel_package(package)) {
      kept.push_back(package);
    }
  }
  plan.removed.assign(removed.begin(), removed.end());
  Names all = present;
  all.insert(wanted.begin(), wanted.end());
  plan.wanted = minus(all, removed);
  if (!plan.added.empty())
    plan.reasons.push_back(
        {.what = "extensions", .why = concat("the target adds ", quoted(plan.added))});
  if (!plan.removed.empty())
    plan.reasons.push_back({.what = "extensions",
                            .why = concat("the target does not ask for ", quoted(plan.removed))});
  if (!kept.empty())
    plan.reasons.push_back(
        {.what = "extensions",
         .why = concat(quoted(kept), kept.size() == 1 ? " is an administrator's and stays"
                                                      : " are an administrator's and stay")});
}

void plan_kernel_type(const MachineConfig& target, const Host& host, const Deployment& base,
                      PackagesPlan& plan) {
  const auto observed = observed_type(host, base);
  if (target.kernel_type == observed) return;
  // Nothing can have been layered here: the image's own kernel is of that type, and "default" is
  // the image's own.
  if (!host.can_layer_packages && target.kernel_type == KernelType::kDefault) {
    plan.reasons.push_back(
        {.what = "kernel type",
         .why = concat("the image's own kernel is '", to_string(observed), "', and it stays")});
    return;
  }
  plan.kernel_type_changes = true;
  plan.reasons.push_back(
      {.what = "kernel type",
       .why = concat("the host runs '", to_string(observed), "', the target asks for '",
                     to_string(target.kernel_type), "'")});
}

void check_layering(const MachineConfig& target, const Host& host, PackagesPlan& plan) {
  if (host.can_layer_packages) return;
  constexpr std::string_view kWhy =
      " the libostree backend cannot layer packages: rpm-ostree is needed for it";
  if (!target.extensions.empty() || !plan.removed.empty())
    plan.problems.push_back(concat("extensions:", kWhy));
  if (target.kernel_type != KernelType::kDefault)
    plan.problems.push_back(concat("kernel type '", to_string(target.kernel_type), "':", kWhy));
}

void check_kernel_type(const MachineConfig& target, const Host& host, PackagesPlan& plan) {
  const auto& extensions = target.extensions;
  if (target.kernel_type == KernelType::kRealtime &&
      std::find(extensions.begin(), extensions.end(), "kernel-devel") != extensions.end())
    plan.problems.emplace_back(
        "extensions: 'kernel-devel' does not go with kernel type 'realtime', it is for the default "
        "kernel");
  if (target.kernel_type == KernelType::k64kPages && host.boot.architecture != "arm64")
    plan.problems.push_back(
        concat("kernel type '64k-pages': it exists for 'arm64' only, this "
               "host is '",
               host.boot.architecture, "'"));
}

}  // namespace

PackagesPlan plan_packages(const MachineConfig& target, const Host& host, const Deployment& base) {
  PackagesPlan plan;
  plan_extensions(target, base, plan);
  plan_kernel_type(target, host, base, plan);
  check_layering(target, host, plan);
  check_kernel_type(target, host, plan);
  return plan;
}

}  // namespace pivotd
