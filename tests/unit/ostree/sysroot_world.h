#pragma once
// A sysroot in a temporary directory that nothing is booted from: one stateroot, small commits with
// a kernel, made and looked at with libostree itself.

#include <filesystem>
#include <string>

#include "pivotd/model/digest.h"
#include "pivotd/ostree/sysroot_deployer.h"

namespace pivotd::tests {

struct CommitContent {
  std::string name;     // goes into its files: other names are other commits
  std::string version;  // empty: none
  bool has_kernel = true;
};

class SysrootWorld {
 public:
  SysrootWorld();
  ~SysrootWorld();
  SysrootWorld(const SysrootWorld&) = delete;
  SysrootWorld& operator=(const SysrootWorld&) = delete;

  const std::filesystem::path& path() const { return path_; }
  ostree::SysrootOptions options() const {
    return {.sysroot = path_, .stateroot = "", .lock_patience = std::chrono::milliseconds(0)};
  }
  void add_stateroot(const std::string& name);
  // A ref holds it.
  Checksum commit(const CommitContent& content);
  bool has_commit(const Checksum& commit);
  void drop_refs();
  std::unique_ptr<Deployer> open();
  // The options line of the boot loader entry that boots `index`-th.
  std::string loader_options(std::size_t index);
  std::filesystem::path directory_of(const Deployment& deployment) const;

 private:
  std::filesystem::path path_;
};

}  // namespace pivotd::tests
