#pragma once
// Real OSTree repositories, real images made of them, and a store to import into.

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pivotd/ostree/commit_store.h"
#include "pivotd/unpack/layer_unpacker.h"

#include "fakes/layered_source.h"

namespace pivotd::tests {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

enum class Compression { kNone, kGzip, kZstd };

// The repository inside an image, as files: path below the image's root to content. Tests change it
// as they like before they make layers of it.
using ImageFiles = std::map<std::string, std::string>;

// A repository of mode archive with commits of small trees that have everything trees have.
class ImageMaker {
 public:
  explicit ImageMaker(const std::filesystem::path& directory);

  // Commits a tree; the one of another `version` differs in few files. No ref is set.
  Checksum commit(const std::string& version);
  void set_ref(const std::string& name, const Checksum& commit);
  // 'srv/repo/...' of the whole repository.
  ImageFiles files() const;

 private:
  std::filesystem::path repo_;
  std::filesystem::path tree_;
};

// The files in so many layers, each with the directories it needs.
std::vector<fakes::LayerBlob> make_layers(const ImageFiles& files, Compression compression,
                                          std::size_t layers);
fakes::LayerBlob make_layer(const std::string& tar, Compression compression);

// A host's repository and a store on it.
class StoreWorld {
 public:
  explicit StoreWorld(const std::string& mode);

  CommitStore& store() { return *store_; }
  const std::filesystem::path& repo() const { return repo_; }

  Result<Imported> import(const Image& image, ImageSource& source, const Stop& stop = Stop());

  // Everything another process sees of it: refs, objects, marks. Not what is staged in 'tmp'.
  std::set<std::string> visible() const;
  std::set<std::string> staged() const;  // names in 'tmp' but 'cache'
  // Runs `ostree fsck`: "" when it is clean, else what it said.
  std::string fsck() const;
  // Runs `ostree --repo=... <arguments>`.
  void ostree(const std::string& arguments) const;

 private:
  TemporaryDirectory directory_;
  std::filesystem::path repo_;
  unpack::LayerUnpacker unpacker_;
  std::unique_ptr<CommitStore> store_;
};

}  // namespace pivotd::tests
