#include "unit/ostree/commit_store_world.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <ostree.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"
#include "pivotd/glib/gptr.h"

namespace pivotd::tests {

namespace {

namespace fs = std::filesystem;

void require(bool done, const std::string& what) {
  if (!done) throw std::runtime_error("making the test's world: " + what);
}

void require(gboolean done, glib::ErrorSlot& error) {
  if (done == FALSE) throw std::runtime_error(error.take("making the test's world").message());
}

void write(const fs::path& path, const std::string& content, mode_t mode = 0644) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
  require(chmod(path.c_str(), mode) == 0, "chmod");
}

std::string noise(std::size_t size, std::uint32_t state) {
  std::string text;
  text.reserve(size);
  while (text.size() < size) {
    state = state * 1664525U + 1013904223U;
    text += static_cast<char>(state >> 24U);
  }
  return text;
}

// Everything that an object can be: files empty, small and large, of odd modes, owners and extended
// attributes, links, and directories of odd modes.
void make_tree(const fs::path& tree, const std::string& version) {
  fs::remove_all(tree);
  write(tree / "usr/lib/os-release", "VERSION=" + version + "\n");
  write(tree / "usr/share/only-in" / version, version);
  write(tree / "usr/bin/su", "a program", 04755);
  write(tree / "usr/bin/tool", "another program", 0755);
  write(tree / "usr/share/empty", "");
  write(tree / "usr/share/also-empty-but-executable", "", 0755);
  write(tree / "usr/share/large", noise(1'300'000, 1));
  write(tree / "usr/share/zeros", std::string(700'000, '\0'));
  write(tree / "usr/share/caf\xc3\xa9", "a name that is not ASCII");
  write(tree / "usr/a/b/c/d/e/f/g/deep", "deep");
  write(tree / "usr/etc/shadow", "secret", 0000);
  write(tree / "usr/share/attributes", "with attributes");
  require(setxattr((tree / "usr/share/attributes").c_str(), "user.pivotd", "\0x", 2, 0) == 0,
          "setxattr");
  fs::create_symlink("usr/lib", tree / "lib");
  fs::create_symlink("../nowhere/" + std::string(200, 'x'), tree / "usr/share/dangling");
  fs::create_directories(tree / "var/tmp");
  require(chmod((tree / "var/tmp").c_str(), 01777) == 0, "chmod");
  if (geteuid() == 0)
    require(chown((tree / "usr/share/attributes").c_str(), 1000, 100) == 0, "chown");
}

glib::Object<OstreeRepo> make_repo(const fs::path& path, OstreeRepoMode mode) {
  glib::ErrorSlot error;
  fs::create_directories(path);
  auto repo =
      glib::adopt(ostree_repo_create_at(AT_FDCWD, path.c_str(), mode, nullptr, nullptr, error));
  require(repo != nullptr ? TRUE : FALSE, error);
  return repo;
}

glib::Object<OstreeRepo> open_repo(const fs::path& path) {
  glib::ErrorSlot error;
  auto repo = glib::adopt(ostree_repo_open_at(AT_FDCWD, path.c_str(), nullptr, error));
  require(repo != nullptr ? TRUE : FALSE, error);
  return repo;
}

OstreeRepoMode mode_of(const std::string& mode) {
  OstreeRepoMode value = OSTREE_REPO_MODE_BARE;
  glib::ErrorSlot error;
  require(ostree_repo_mode_from_string(mode.c_str(), &value, error), error);
  return value;
}

std::string read(const fs::path& path) {
  auto content = read_file(path, 64U << 20);
  if (!content.ok()) throw std::runtime_error(content.error().message());
  return std::move(content).value();
}

// What libarchive wrote.
class Written {
 public:
  archive* handle() { return handle_; }
  void open() {
    require(archive_write_set_bytes_per_block(handle_, 512) == ARCHIVE_OK, "blocks");
    require(archive_write_open(handle_, &text_, nullptr, append, nullptr) == ARCHIVE_OK, "open");
  }
  void add(const std::string& path, mode_t type, const std::string& content) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, type == AE_IFDIR ? 0755 : 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    require(archive_write_header(handle_, entry) == ARCHIVE_OK, "header");
    require(archive_write_data(handle_, content.data(), content.size()) ==
                static_cast<la_ssize_t>(content.size()),
            "data");
    archive_entry_free(entry);
  }
  std::string finish() {
    require(archive_write_close(handle_) == ARCHIVE_OK, "close");
    archive_write_free(handle_);
    return std::move(text_);
  }

 private:
  static la_ssize_t append(archive* /*handle*/, void* text, const void* bytes,
                           std::size_t size) noexcept {
    static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
  }

  archive* handle_ = archive_write_new();
  std::string text_;
};

std::string make_tar(const ImageFiles& files) {
  Written tar;
  require(archive_write_set_format_pax_restricted(tar.handle()) == ARCHIVE_OK, "format");
  tar.open();
  std::set<std::string> directories;
  for (const auto& [path, content] : files) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      if (directories.insert(path.substr(0, slash)).second)
        tar.add(path.substr(0, slash), AE_IFDIR, "");
    tar.add(path, AE_IFREG, content);
  }
  return tar.finish();
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (fs::temp_directory_path() / "pivotd-store-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ImageMaker::ImageMaker(const fs::path& directory)
    : repo_(directory / "image-repo"), tree_(directory / "image-tree") {
  (void)make_repo(repo_, OSTREE_REPO_MODE_ARCHIVE);
}

Checksum ImageMaker::commit(const std::string& version) {
  make_tree(tree_, version);
  const auto repo = open_repo(repo_);
  glib::ErrorSlot error;
  const auto mtree = glib::adopt(ostree_mutable_tree_new());
  glib::Object<GFile> root;
  glib::String checksum;
  require(ostree_repo_prepare_transaction(repo.get(), nullptr, nullptr, error), error);
  require(ostree_repo_write_dfd_to_mtree(repo.get(), AT_FDCWD, tree_.c_str(), mtree.get(), nullptr,
                                         nullptr, error),
          error);
  require(ostree_repo_write_mtree(repo.get(), mtree.get(), glib::out(root), nullptr, error), error);
  require(ostree_repo_write_commit(repo.get(), nullptr, version.c_str(), "", nullptr,
                                   reinterpret_cast<OstreeRepoFile*>(root.get()),
                                   glib::out(checksum), nullptr, error),
          error);
  require(ostree_repo_commit_transaction(repo.get(), nullptr, nullptr, error), error);
  return Checksum::parse(checksum.get()).value();
}

void ImageMaker::set_ref(const std::string& name, const Checksum& commit) {
  const auto repo = open_repo(repo_);
  glib::ErrorSlot error;
  require(ostree_repo_set_ref_immediate(repo.get(), nullptr, name.c_str(), commit.str().c_str(),
                                        nullptr, error),
          error);
}

ImageFiles ImageMaker::files() const {
  ImageFiles files;
  for (const auto& entry : fs::recursive_directory_iterator(repo_)) {
    if (entry.is_regular_file())
      files["srv/repo/" + fs::relative(entry.path(), repo_).string()] = read(entry.path());
  }
  return files;
}

fakes::LayerBlob make_layer(const std::string& tar, Compression compression) {
  if (compression == Compression::kNone) return {tar, Digest::of(tar)};
  Written blob;
  require(archive_write_set_format_raw(blob.handle()) == ARCHIVE_OK, "format");
  if (compression == Compression::kGzip)
    require(archive_write_add_filter_gzip(blob.handle()) == ARCHIVE_OK, "gzip");
  else
    require(archive_write_add_filter_zstd(blob.handle()) == ARCHIVE_OK, "zstd");
  // Else the last block is padded, and the padding is no gzip.
  require(archive_write_set_bytes_in_last_block(blob.handle(), 1) == ARCHIVE_OK, "padding");
  blob.open();
  blob.add("blob", AE_IFREG, tar);
  return {blob.finish(), Digest::of(tar)};
}

std::vector<fakes::LayerBlob> make_layers(const ImageFiles& files, Compression compression,
                                          std::size_t layers) {
  std::vector<ImageFiles> parts(layers);
  std::size_t next = 0;
  for (const auto& file : files) parts[next++ % layers].insert(file);
  std::vector<fakes::LayerBlob> blobs;
  for (const auto& part : parts) blobs.push_back(make_layer(make_tar(part), compression));
  return blobs;
}

StoreWorld::StoreWorld(const std::string& mode) : repo_(directory_.path() / "repo") {
  (void)make_repo(repo_, mode_of(mode));
  auto store = ostree::open_commit_store(repo_, unpacker_);
  if (!store.ok()) throw std::runtime_error(store.error().message());
  store_ = std::move(store).value();
}

Result<Imported> StoreWorld::import(const Image& image, ImageSource& source, const Stop& stop) {
  fakes::ProgressObserver observer;
  return store_->import(image, source, observer, stop);
}

std::set<std::string> StoreWorld::visible() const {
  std::set<std::string> found;
  for (const char* part : {"objects", "refs", "state"}) {
    for (const auto& entry : fs::recursive_directory_iterator(repo_ / part)) {
      if (!entry.is_directory() || entry.is_symlink())
        found.insert(fs::relative(entry.path(), repo_).string());
    }
  }
  return found;
}

std::set<std::string> StoreWorld::staged() const {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(repo_ / "tmp")) {
    if (entry.path().filename() != "cache") found.insert(entry.path().filename().string());
  }
  return found;
}

std::string StoreWorld::fsck() const {
  const auto output = directory_.path() / "fsck";
  const auto command =
      concat("ostree --repo='", repo_.string(), "' fsck >'", output.string(), "' 2>&1");
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c): paths are our own
  return status == 0 ? "" : concat("status ", status, ": ", read(output));
}

void StoreWorld::ostree(const std::string& arguments) const {
  const auto command = concat("ostree --repo='", repo_.string(), "' ", arguments, " >/dev/null");
  EXPECT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(cert-env33-c)
}

}  // namespace pivotd::tests
