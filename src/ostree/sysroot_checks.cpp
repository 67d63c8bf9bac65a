#include "ostree/sysroot_checks.h"

#include <string_view>

#include "pivotd/base/text.h"

namespace pivotd::ostree {

namespace {

using File = glib::Object<GFile>;

Error unusable(const KernelArg& arg, std::string_view why) {
  return {Errc::kUnsupported, concat("kernel argument '", printable(arg.str()),
                                     "' cannot be written to a boot loader entry: ", why)};
}

// libostree finds and replaces "ostree=" in the blank-separated words of the options, whatever
// quotes there are around them.
bool has_ostree_word(const std::string& text) {
  for (const auto& word : split(text, ' ')) {
    if (word == "ostree" || word.starts_with("ostree=")) return true;
  }
  return false;
}

File child(GFile* directory, const char* path) {
  return glib::adopt(g_file_resolve_relative_path(directory, path));
}

bool is_there(GFile* file) {
  return g_file_query_exists(file, nullptr) != FALSE;
}

// Whether a directory of the commit has an entry of which `matches` is true; no such directory is
// no.
template <class Matches>
Result<bool> has_entry(GFile* directory, const Stop& stop, const Matches& matches) {
  if (!is_there(directory)) return false;
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  const auto entries = glib::adopt(
      g_file_enumerate_children(directory, G_FILE_ATTRIBUTE_STANDARD_NAME,
                                G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, cancellable.get(), error));
  if (!entries) return error.take("listing the commit's kernels");
  for (;;) {
    const auto entry =
        glib::adopt(g_file_enumerator_next_file(entries.get(), cancellable.get(), error));
    if (!entry) break;
    if (matches(std::string(g_file_info_get_name(entry.get())))) return true;
  }
  if (error.get() != nullptr) return error.take("listing the commit's kernels");
  return false;
}

// The places get_kernel_from_tree() of libostree knows, newest layout first.
Result<bool> has_kernel(GFile* root, const Stop& stop) {
  const auto modules = child(root, "usr/lib/modules");
  const auto holds_kernel = [&](const std::string& version) {
    return is_there(child(modules.get(), (version + "/vmlinuz").c_str()).get());
  };
  if (TRY(has_entry(modules.get(), stop, holds_kernel))) return true;
  const auto is_kernel = [](const std::string& name) { return name.starts_with("vmlinuz"); };
  for (const char* directory : {"usr/lib/ostree-boot", "boot"}) {
    if (TRY(has_entry(child(root, directory).get(), stop, is_kernel))) return true;
  }
  return false;
}

}  // namespace

Result<void> check_kernel_args(const KernelArgs& args) {
  for (const auto& arg : args.args()) {
    // libostree reads loader entries as UTF-8 and would not list any deployment any more.
    if (g_utf8_validate(arg.str().c_str(), -1, nullptr) == FALSE) return unusable(arg, "not UTF-8");
    if (arg.has_open_quote()) return unusable(arg, "it opens a quote that it does not close");
    if (arg.key() == "ostree" || has_ostree_word(arg.str())) {
      return unusable(arg, "'ostree=' is libostree's own");
    }
  }
  return {};
}

Result<void> check_bootable(OstreeSysroot* sysroot, const std::string& commit, const Stop& stop) {
  const glib::Cancellable cancellable(stop);
  glib::ErrorSlot error;
  File root;
  if (ostree_repo_read_commit(ostree_sysroot_repo(sysroot), commit.c_str(), glib::out(root),
                              nullptr, cancellable.get(), error) == FALSE) {
    return error.take("reading the commit");
  }
  if (!is_there(child(root.get(), "usr").get())) {
    return Error(Errc::kInvalid, "the commit is no operating system: it has no '/usr'");
  }
  if (TRY(has_kernel(root.get(), stop))) return {};
  return Error(Errc::kInvalid,
               "the commit cannot be booted: it has no kernel at "
               "'/usr/lib/modules/VERSION/vmlinuz'");
}

}  // namespace pivotd::ostree
