#include "ostree/sysroot_listing.h"

#include <algorithm>

#include "pivotd/base/text.h"

namespace pivotd::ostree {

namespace {

constexpr const char* kOriginGroup = "origin";

std::string origin_text(GKeyFile* origin, const char* group, const char* key) {
  glib::ErrorSlot ignored;  // absent or unreadable: there is nothing to show
  const glib::String text(g_key_file_get_string(origin, group, key, ignored));
  return text ? text.get() : "";
}

// The first of the places where an origin names what it follows.
std::string origin_refspec(GKeyFile* origin) {
  for (const char* key : {"refspec", "baserefspec", "container-image-reference"}) {
    if (auto text = origin_text(origin, kOriginGroup, key); !text.empty()) return text;
  }
  return "";
}

std::vector<std::string> requested_packages(GKeyFile* origin) {
  std::vector<std::string> packages;
  glib::ErrorSlot ignored;  // absent: none were requested
  const glib::Strv names(
      g_key_file_get_string_list(origin, "packages", "requested", nullptr, ignored));
  for (char** name = names.get(); name != nullptr && *name != nullptr; ++name) {
    packages.emplace_back(*name);
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

void read_origin(GKeyFile* origin, Deployment& deployment) {
  if (origin == nullptr) return;
  deployment.origin = origin_refspec(origin);
  deployment.custom_origin = origin_text(origin, kOriginGroup, "custom-url");
  deployment.packages = requested_packages(origin);
}

// Of the commit: its version, and the image's commit below it where rpm-ostree layered packages.
void read_commit(OstreeRepo* repo, Deployment& deployment) {
  glib::Variant commit;
  glib::ErrorSlot ignored;  // a deployment whose commit is gone still boots, and is still listed
  if (ostree_repo_load_commit(repo, deployment.commit.str().c_str(), glib::out(commit), nullptr,
                              ignored) == FALSE) {
    return;
  }
  const glib::Variant metadata(g_variant_get_child_value(commit.get(), 0));
  const char* version = nullptr;
  if (g_variant_lookup(metadata.get(), OSTREE_COMMIT_META_KEY_VERSION, "&s", &version) != FALSE) {
    deployment.version = version;
  }
  gboolean is_layered = FALSE;
  (void)g_variant_lookup(metadata.get(), "rpmostree.clientlayer", "b", &is_layered);  // or FALSE
  const glib::String parent(ostree_commit_get_parent(commit.get()));
  if (is_layered == FALSE || !parent) return;
  if (const auto base = Checksum::parse(parent.get())) deployment.base = *base;
}

Result<KernelArgs> read_kernel_args(OstreeDeployment* deployment) {
  auto* const entry = ostree_deployment_get_bootconfig(deployment);
  const char* options = entry == nullptr ? nullptr : ostree_bootconfig_parser_get(entry, "options");
  if (options == nullptr) return Error(Errc::kHost, "its boot loader entry has no options");
  const auto args = TRY(KernelArgs::parse(options));
  return args.without_key("ostree");
}

std::string id_of(OstreeDeployment* deployment) {
  return concat(ostree_deployment_get_osname(deployment), "-",
                ostree_deployment_get_csum(deployment), ".",
                ostree_deployment_get_deployserial(deployment));
}

Result<Deployment> read_deployment(OstreeSysroot* sysroot, OstreeDeployment* found) {
  Deployment deployment{
      .id = id_of(found),
      .stateroot = ostree_deployment_get_osname(found),
      .commit = TRY(Checksum::parse(ostree_deployment_get_csum(found))),
      .base = std::nullopt,
      .version = "",
      .origin = "",
      .custom_origin = "",
      .kernel_args = {},
      .packages = {},
      .booted = found == ostree_sysroot_get_booted_deployment(sysroot),
      .staged = ostree_deployment_is_staged(found) != FALSE,
      .pinned = ostree_deployment_is_pinned(found) != FALSE,
  };
  read_origin(ostree_deployment_get_origin(found), deployment);
  read_commit(ostree_sysroot_repo(sysroot), deployment);
  if (auto args = read_kernel_args(found)) deployment.kernel_args = *std::move(args);
  return deployment;
}

// The error that reading the deployment left out, where it matters.
Result<void> check_base(OstreeSysroot* sysroot, GPtrArray* found) {
  auto* base = ostree_sysroot_get_booted_deployment(sysroot);
  if (base == nullptr && found->len > 0) {
    base = static_cast<OstreeDeployment*>(g_ptr_array_index(found, 0));
  }
  if (base == nullptr) return {};
  const auto args = read_kernel_args(base);
  if (args.ok()) return {};
  return Error(Errc::kHost, args.error().message())
      .context(concat("reading the kernel arguments of '", id_of(base), "'"));
}

}  // namespace

Result<Deployments> list_deployments(OstreeSysroot* sysroot) {
  const glib::PtrArray found(ostree_sysroot_get_deployments(sysroot));
  TRY(check_base(sysroot, found.get()));
  Deployments deployments;
  for (guint i = 0; i < found->len; ++i) {
    auto* const one = static_cast<OstreeDeployment*>(g_ptr_array_index(found.get(), i));
    deployments.all.push_back(TRY(read_deployment(sysroot, one)));
  }
  return deployments;
}

}  // namespace pivotd::ostree
