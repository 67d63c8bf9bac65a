#include "unit/ostree/sysroot_world.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <ostree.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"
#include "pivotd/glib/gptr.h"

namespace pivotd::tests {

namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << content;
}

// A world that cannot be made is no world to test in.
void require(gboolean done, glib::ErrorSlot& error) {
  if (done == FALSE) throw std::runtime_error(error.take("making the test sysroot").message());
}

void make_tree(const fs::path& tree, const CommitContent& content) {
  write(tree / "usr/lib/os-release",
        concat("NAME=Test\nPRETTY_NAME=\"Test ", content.name, "\"\n"));
  write(tree / "usr/share/name", content.name);
  write(tree / "usr/etc/issue", "issue of the image\n");
  if (!content.has_kernel) return;
  write(tree / "usr/lib/modules/6.1/vmlinuz", "kernel of " + content.name);
  write(tree / "usr/lib/modules/6.1/initramfs.img", "initramfs of " + content.name);
}

glib::Object<OstreeRepo> open_repo(const fs::path& sysroot) {
  const auto path = sysroot / "ostree/repo";
  glib::ErrorSlot error;
  auto repo = glib::adopt(ostree_repo_open_at(AT_FDCWD, path.c_str(), nullptr, error));
  require(repo != nullptr ? TRUE : FALSE, error);
  return repo;
}

Checksum write_commit(OstreeRepo* repo, const fs::path& tree, const CommitContent& content) {
  glib::ErrorSlot error;
  const auto mtree = glib::adopt(ostree_mutable_tree_new());
  glib::Object<GFile> root;
  glib::String checksum;
  const auto metadata = glib::sink(
      content.version.empty() ? g_variant_new_array(G_VARIANT_TYPE("{sv}"), nullptr, 0)
                              : g_variant_new_parsed("{'version': <%s>}", content.version.c_str()));
  require(ostree_repo_prepare_transaction(repo, nullptr, nullptr, error), error);
  require(ostree_repo_write_dfd_to_mtree(repo, AT_FDCWD, tree.c_str(), mtree.get(), nullptr,
                                         nullptr, error),
          error);
  require(ostree_repo_write_mtree(repo, mtree.get(), glib::out(root), nullptr, error), error);
  require(ostree_repo_write_commit(repo, nullptr, "", "", metadata.get(),
                                   reinterpret_cast<OstreeRepoFile*>(root.get()),
                                   glib::out(checksum), nullptr, error),
          error);
  ostree_repo_transaction_set_ref(repo, nullptr, content.name.c_str(), checksum.get());
  require(ostree_repo_commit_transaction(repo, nullptr, nullptr, error), error);
  return Checksum::parse(checksum.get()).value();
}

}  // namespace

SysrootWorld::SysrootWorld() {
  // Deployments are not made immutable: that needs root, and outlives the test.
  setenv("OSTREE_SYSROOT_DEBUG", "mutable-deployments", 1);
  std::string pattern = (fs::temp_directory_path() / "pivotd-sysroot-XXXXXX").string();
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  path_ = pattern;
  fs::create_directory(path_ / "boot");
  const auto file = glib::adopt(g_file_new_for_path(path_.c_str()));
  const auto sysroot = glib::adopt(ostree_sysroot_new(file.get()));
  glib::ErrorSlot error;
  require(ostree_sysroot_ensure_initialized(sysroot.get(), nullptr, error), error);
  // No boot loader of this machine is looked for.
  std::ofstream(path_ / "ostree/repo/config", std::ios::app) << "[sysroot]\nbootloader=none\n";
  add_stateroot("testos");
}

SysrootWorld::~SysrootWorld() {
  fs::remove_all(path_);
}

void SysrootWorld::add_stateroot(const std::string& name) {
  const auto file = glib::adopt(g_file_new_for_path(path_.c_str()));
  const auto sysroot = glib::adopt(ostree_sysroot_new(file.get()));
  glib::ErrorSlot error;
  require(ostree_sysroot_load(sysroot.get(), nullptr, error), error);
  require(ostree_sysroot_init_osname(sysroot.get(), name.c_str(), nullptr, error), error);
}

Checksum SysrootWorld::commit(const CommitContent& content) {
  const auto tree = path_ / "tree";
  make_tree(tree, content);
  const auto repo = open_repo(path_);
  auto checksum = write_commit(repo.get(), tree, content);
  fs::remove_all(tree);
  return checksum;
}

bool SysrootWorld::has_commit(const Checksum& commit) {
  gboolean has = FALSE;
  glib::ErrorSlot error;
  require(ostree_repo_has_object(open_repo(path_).get(), OSTREE_OBJECT_TYPE_COMMIT,
                                 commit.str().c_str(), &has, nullptr, error),
          error);
  return has != FALSE;
}

void SysrootWorld::drop_refs() {
  fs::remove_all(path_ / "ostree/repo/refs/heads");
  fs::create_directory(path_ / "ostree/repo/refs/heads");
}

std::unique_ptr<Deployer> SysrootWorld::open() {
  auto deployer = ostree::open_sysroot_deployer(options());
  EXPECT_TRUE(deployer.ok()) << deployer.error().message();
  return deployer.ok() ? std::move(deployer).value() : nullptr;
}

std::string SysrootWorld::loader_options(std::size_t index) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(path_ / "boot/loader/entries")) {
    entries.push_back(entry.path());
  }
  std::sort(entries.rbegin(), entries.rend());  // ostree-2-testos.conf boots before ostree-1-...
  EXPECT_LT(index, entries.size());
  if (index >= entries.size()) return "";
  const auto text = read_file(entries[index], 65536).value();
  for (const auto& line : split(text, '\n')) {
    if (line.starts_with("options ")) return line.substr(8);
  }
  return "";
}

fs::path SysrootWorld::directory_of(const Deployment& deployment) const {
  const auto name = deployment.id.substr(deployment.stateroot.size() + 1);
  return path_ / "ostree/deploy" / deployment.stateroot / "deploy" / name;
}

}  // namespace pivotd::tests
