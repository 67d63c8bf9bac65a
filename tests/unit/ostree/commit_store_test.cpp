#include "pivotd/ostree/commit_store.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pivotd/base/text.h"

#include "unit/ostree/commit_store_world.h"

namespace pivotd::ostree {
namespace {

namespace fs = std::filesystem;
using fakes::LayeredSource;
using tests::Compression;
using tests::ImageFiles;
using tests::ImageMaker;
using tests::make_layers;
using tests::StoreWorld;
using tests::TemporaryDirectory;

std::size_t count_objects(const ImageFiles& files) {
  return static_cast<std::size_t>(std::count_if(files.begin(), files.end(), [](const auto& file) {
    return file.first.starts_with("srv/repo/objects/");
  }));
}

// The first object of a kind, by its path.
std::string first_object(const ImageFiles& files, const std::string& extension) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) {
    return file.first.ends_with(extension);
  });
  return found->first;
}

std::string checksum_in(const std::string& path) {
  const auto name = path.substr(std::string("srv/repo/objects/").size());
  return name.substr(0, 2) + name.substr(3, 62);
}

// One commit and its repository's files, made once: making them takes longer than a test.
struct Sample {
  TemporaryDirectory directory;
  ImageMaker maker{directory.path()};
  Checksum commit = maker.commit("1");
  ImageFiles files = maker.files();
};

const Sample& sample() {
  static const Sample the_sample;
  return the_sample;
}

// ---- what goes well

using Way = std::tuple<std::string, Compression, std::size_t>;

class CommitStoreWays : public testing::TestWithParam<Way> {};

TEST_P(CommitStoreWays, BringInACommitThatFsckFindsWhole) {
  const auto& [mode, compression, layers] = GetParam();
  StoreWorld world(mode);
  LayeredSource source;
  const auto blobs = make_layers(sample().files, compression, layers);
  std::uint64_t blob_bytes = 0;
  for (const auto& blob : blobs) blob_bytes += blob.bytes.size();
  const auto imported = world.import(source.make(blobs, sample().commit), source);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(imported->commit(), sample().commit);
  EXPECT_EQ(imported->statistics().objects_written, count_objects(sample().files));
  EXPECT_EQ(imported->statistics().objects_skipped, 0U);
  EXPECT_EQ(imported->statistics().blob_bytes, blob_bytes);
  EXPECT_TRUE(world.visible().contains("refs/heads/pivotd/" + sample().commit.str()));
  EXPECT_EQ(world.fsck(), "");
  EXPECT_EQ(world.staged(), std::set<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(EveryWay, CommitStoreWays,
                         testing::Values(Way{"bare", Compression::kGzip, 1},
                                         Way{"bare", Compression::kNone, 3},
                                         Way{"bare-user", Compression::kZstd, 1},
                                         Way{"bare-user", Compression::kGzip, 3},
                                         Way{"archive", Compression::kGzip, 1},
                                         Way{"archive", Compression::kZstd, 3}));

TEST(CommitStore, WritesOnlyWhatASuccessorChanged) {
  TemporaryDirectory directory;
  ImageMaker first(directory.path() / "first");
  ImageMaker second(directory.path() / "second");
  const auto old_commit = first.commit("1");
  const auto new_commit = second.commit("2");
  const auto old_files = first.files();
  const auto new_files = second.files();
  std::size_t changed = 0;
  for (const auto& [path, content] : new_files) {
    if (path.starts_with("srv/repo/objects/") && !old_files.contains(path)) ++changed;
  }
  ASSERT_GT(changed, 3U);

  StoreWorld world("bare");
  LayeredSource source;
  ASSERT_TRUE(
      world.import(source.make(make_layers(old_files, Compression::kGzip, 1), old_commit), source)
          .ok());
  const auto imported =
      world.import(source.make(make_layers(new_files, Compression::kGzip, 1), new_commit), source);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(imported->statistics().objects_written, changed);
  EXPECT_EQ(imported->statistics().objects_skipped, count_objects(new_files) - changed);
  EXPECT_EQ(world.fsck(), "");
}

TEST(CommitStore, ReadsNothingOfAnImageWhoseCommitIsThere) {
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  ASSERT_TRUE(world.import(image, source).ok());
  const auto visible = world.visible();
  const auto reads = source.reads();
  const auto again = world.import(image, source);
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(again->statistics(), ImportStatistics{});
  EXPECT_EQ(source.reads(), reads);
  EXPECT_EQ(world.visible(), visible);
}

TEST(CommitStore, DoesNotImportTheOtherCommitsOfTheImage) {
  TemporaryDirectory directory;
  ImageMaker maker(directory.path());
  const auto other = maker.commit("1");
  const auto wanted = maker.commit("2");
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto imported =
      world.import(source.make(make_layers(maker.files(), Compression::kGzip, 1), wanted), source);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(imported->commit(), wanted);
  const auto found = world.store().find(other, Stop());
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->has_value());
  EXPECT_EQ(world.fsck(), "");
}

// ---- which commit

TEST(CommitStore, TakesTheOnlyRefWhereTheImageHasNoLabel) {
  TemporaryDirectory directory;
  ImageMaker maker(directory.path());
  const auto commit = maker.commit("1");
  maker.set_ref("rhcos/stable", commit);
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image = source.make(make_layers(maker.files(), Compression::kGzip, 1), std::nullopt);
  const auto imported = world.import(image, source);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(imported->commit(), commit);
  EXPECT_TRUE(world.visible().contains("refs/heads/pivotd/" + commit.str()));
  const auto again = world.import(image, source);
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(again->statistics().objects_written, 0U);
}

struct Unclear {
  std::vector<std::string> refs;
  bool has_label = false;
  Errc code;
  std::string problem;
};

TEST(CommitStore, SaysWhyItCannotTellWhichCommitIsMeant) {
  const auto absent = Checksum(Sha256::of("a commit that is not there"));
  const Unclear cases[] = {
      {{},
       false,
       Errc::kInvalid,
       "the image names no commit: it has no label 'com.coreos.ostree-commit', and its repository "
       "at '/srv/repo' has no ref"},
      {{"b", "a/c"},
       false,
       Errc::kInvalid,
       "the image does not say which commit is meant: it has no label 'com.coreos.ostree-commit', "
       "and its repository has 2 refs: 'a/c', 'b'"},
      {{"a"},
       true,
       Errc::kIntegrity,
       concat("the image's label 'com.coreos.ostree-commit' names the commit '", absent.str(),
              "', which neither the image nor the host has")},
  };
  for (const auto& one : cases) {
    auto files = sample().files;
    for (const auto& ref : one.refs)
      files["srv/repo/refs/heads/" + ref] = sample().commit.str() + "\n";
    StoreWorld world("bare-user");
    LayeredSource source;
    const auto before = world.visible();
    const auto label = one.has_label ? std::optional(absent) : std::nullopt;
    const auto imported =
        world.import(source.make(make_layers(files, Compression::kGzip, 1), label), source);
    ASSERT_FALSE(imported.ok()) << one.problem;
    EXPECT_EQ(imported.error().code(), one.code);
    EXPECT_EQ(imported.error().chain().back(), one.problem);
    EXPECT_EQ(world.visible(), before);
  }
}

TEST(CommitStore, RefusesABootableContainerBeforeItReadsAnything) {
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image = source.make(make_layers(sample().files, Compression::kGzip, 1),
                                 sample().commit, {{"ostree.bootable", "true"}});
  const auto imported = world.import(image, source);
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(imported.error().code(), Errc::kUnsupported);
  EXPECT_EQ(source.reads(), 0U);
}

// ---- what is wrong with the image, though all its digests are right

// A repository that sees bad images, and at last the good one.
class Victim {
 public:
  // Nothing of `files` is to be seen, and the error names `named`.
  void expect_refusal(const ImageFiles& files, const std::string& named) {
    const auto imported = import(files);
    ASSERT_FALSE(imported.ok()) << named;
    EXPECT_EQ(imported.error().code(), Errc::kIntegrity) << imported.error().message();
    EXPECT_NE(imported.error().message().find(named), std::string::npos)
        << imported.error().message() << " does not name " << named;
    EXPECT_EQ(world_.visible(), before_);
  }

  void expect_recovery() {
    EXPECT_EQ(world_.fsck(), "");
    const auto imported = import(sample().files);
    ASSERT_TRUE(imported.ok()) << imported.error().message();
    EXPECT_EQ(world_.fsck(), "");
    EXPECT_EQ(world_.staged(), std::set<std::string>{});
  }

 private:
  Result<Imported> import(const ImageFiles& files) {
    return world_.import(source_.make(make_layers(files, Compression::kNone, 1), sample().commit),
                         source_);
  }

  StoreWorld world_{"bare"};
  LayeredSource source_;
  std::set<std::string> before_ = world_.visible();
};

constexpr std::array<const char*, 4> kExtensions{".filez", ".dirtree", ".dirmeta", ".commit"};

TEST(CommitStore, RefusesAnImageThatLacksAnObjectOfAnyKind) {
  for (const char* extension : kExtensions) {
    Victim victim;
    auto files = sample().files;
    const auto path = first_object(files, extension);
    files.erase(path);
    victim.expect_refusal(files, checksum_in(path));
    victim.expect_recovery();
  }
}

TEST(CommitStore, RefusesAnObjectOfAnyKindThatIsNotWhatItIsNamed) {
  for (const char* extension : kExtensions) {
    Victim victim;
    const auto path = first_object(sample().files, extension);
    const auto& good = sample().files.at(path);
    auto files = sample().files;
    for (const std::size_t place : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
      files[path] = good;
      files[path][place] ^= 1;
      victim.expect_refusal(files, checksum_in(path));
    }
    files[path].clear();
    victim.expect_refusal(files, checksum_in(path));
    files[path] = good.substr(0, good.size() - 1);
    victim.expect_refusal(files, checksum_in(path));
    victim.expect_recovery();
  }
}

TEST(CommitStore, RefusesAnotherObjectUnderAnObjectsName) {
  for (const char* extension : kExtensions) {
    Victim victim;
    auto files = sample().files;
    const auto path = first_object(files, extension);
    const auto other = std::find_if(sample().files.begin(), sample().files.end(), [&](auto& file) {
      return file.first.starts_with("srv/repo/objects/") && file.second != files[path];
    });
    files[path] = other->second;
    victim.expect_refusal(files, checksum_in(path));
    victim.expect_recovery();
  }
}

TEST(CommitStore, RefusesAFileWhoseHeaderAsksForTheWholeDiskOrMemory) {
  Victim victim;
  auto files = sample().files;
  const auto path = first_object(files, ".filez");
  const auto good = files[path];
  files[path] = "\xff\xff\xff\xff" + good.substr(4);  // a header of 4 GiB
  victim.expect_refusal(files, "its header has an impossible size");
  files[path] = good;
  files[path].replace(8, 8, "\x00\xff\xff\xff\xff\xff\xff\xff", 8);  // a content of 64 PiB
  victim.expect_refusal(files, "it claims a size that its bytes cannot hold");
  victim.expect_recovery();
}

TEST(CommitStore, DoesNotCountWhatALaterLayerDeleted) {
  const auto path = first_object(sample().files, ".filez");
  const auto slash = path.rfind('/');
  auto blobs = make_layers(sample().files, Compression::kGzip, 1);
  const ImageFiles whiteout{{path.substr(0, slash + 1) + ".wh." + path.substr(slash + 1), ""}};
  blobs.push_back(make_layers(whiteout, Compression::kGzip, 1).front());
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto before = world.visible();
  for (int attempt = 0; attempt < 2; ++attempt) {  // the second finds the object staged
    const auto imported = world.import(source.make(blobs, sample().commit), source);
    ASSERT_FALSE(imported.ok());
    EXPECT_EQ(imported.error().code(), Errc::kIntegrity);
    EXPECT_NE(imported.error().message().find(checksum_in(path)), std::string::npos);
    EXPECT_EQ(world.visible(), before);
  }
}

// ---- what goes wrong on the way

TEST(CommitStore, ShowsNothingAfterASingleWrongByteAnywhere) {
  for (const auto compression : {Compression::kNone, Compression::kGzip}) {
    StoreWorld world("bare-user");
    LayeredSource source;
    const auto before = world.visible();
    const auto blobs = make_layers(sample().files, compression, 1);
    const auto image = source.make(blobs, sample().commit);
    const auto size = blobs.front().bytes.size();
    const std::size_t offsets[] = {0,        257,      511,      size / 5,   size / 3,
                                   size / 2, size - 1, size - 4, size - 600, size - 1024};
    for (const auto offset : offsets) {
      source.corrupt(0, offset);
      const auto imported = world.import(image, source);
      ASSERT_FALSE(imported.ok()) << offset;
      EXPECT_EQ(imported.error().code(), Errc::kIntegrity) << imported.error().message();
      EXPECT_EQ(world.visible(), before) << offset;
      source.heal();
    }
    EXPECT_EQ(world.fsck(), "");
    const auto good = world.import(image, source);
    ASSERT_TRUE(good.ok()) << good.error().message();
    EXPECT_EQ(world.fsck(), "");
  }
}

// Breaks the import at every read of the source, each time on top of what the last one left.
void break_at_every_read(StoreWorld& world, LayeredSource& source, const Image& image,
                         const std::function<Result<void>(std::stop_source&)>& fault, Errc code) {
  const auto before = world.visible();
  for (std::size_t n = 0;; ++n) {
    const auto first = source.reads();
    const auto stop = std::make_unique<std::stop_source>();
    source.set_hook([&](std::size_t read) -> Result<void> {
      if (read == first + n) return fault(*stop);
      return {};
    });
    const auto imported = world.import(image, source, stop->get_token());
    if (imported.ok()) {
      EXPECT_GT(n, 10U) << "the fault came at so few reads";
      return;
    }
    ASSERT_EQ(imported.error().code(), code) << n << ": " << imported.error().message();
    ASSERT_EQ(world.visible(), before) << n;
  }
}

TEST(CommitStore, ShowsNothingAfterAnErrorAtAnyReadAndThenGoesOn) {
  StoreWorld world("bare");
  LayeredSource source;
  source.set_chunk(40'000);
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 2), sample().commit);
  break_at_every_read(
      world, source, image,
      [](std::stop_source&) { return Error(Errc::kTransient, "connection reset"); },
      Errc::kTransient);
  EXPECT_EQ(world.fsck(), "");
  EXPECT_EQ(world.staged(), std::set<std::string>{});
}

TEST(CommitStore, ShowsNothingAfterAStopAtAnyReadAndThenGoesOn) {
  StoreWorld world("bare-user");
  LayeredSource source;
  source.set_chunk(40'000);
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 2), sample().commit);
  break_at_every_read(
      world, source, image,
      [](std::stop_source& stop) -> Result<void> {
        stop.request_stop();
        return {};
      },
      Errc::kCancelled);
  EXPECT_EQ(world.fsck(), "");
}

TEST(CommitStore, ReusesWhatAnInterruptedImportStaged) {
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 2), sample().commit);
  const auto reads = [&] {
    StoreWorld other("bare-user");
    EXPECT_TRUE(other.import(image, source).ok());
    return source.reads();
  }();
  source.set_hook([last = 2 * reads - 1](std::size_t read) -> Result<void> {
    if (read == last) return Error(Errc::kTransient, "connection reset");
    return {};
  });
  ASSERT_FALSE(world.import(image, source).ok());
  source.set_hook({});
  const auto imported = world.import(image, source);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(imported->statistics().objects_written, 1U) << "the commit alone";
  EXPECT_EQ(world.fsck(), "");
}

TEST(CommitStore, KeepsWhatIsNotVerifiedYetFromOtherUsers) {
  StoreWorld world("bare");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  std::size_t looked = 0;
  source.set_hook([&](std::size_t) -> Result<void> {
    for (const auto& name : world.staged()) {
      struct stat found {};
      if (stat((world.repo() / "tmp" / name).c_str(), &found) != 0 || !S_ISDIR(found.st_mode))
        continue;
      EXPECT_EQ(found.st_mode & 0777U, 0700U) << name;
      ++looked;
    }
    return {};
  });
  ASSERT_TRUE(world.import(image, source).ok());
  EXPECT_GT(looked, 0U);
}

// All staged objects, as paths below 'tmp'.
std::set<std::string> staged_objects(const StoreWorld& world) {
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(world.repo() / "tmp")) {
    if (entry.path().parent_path().filename().string().size() == 2)
      found.insert(entry.path().string());
  }
  return found;
}

TEST(CommitStore, KeepsNothingStagedOfAnImageThatWasProvenWrong) {
  StoreWorld world("bare");
  LayeredSource source;
  auto blobs = make_layers(sample().files, Compression::kGzip, 1);
  blobs.front().diff_id = Digest::of("something else");
  const auto imported = world.import(source.make(blobs, sample().commit), source);
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(imported.error().code(), Errc::kIntegrity);
  EXPECT_EQ(staged_objects(world), std::set<std::string>{});
}

TEST(CommitStore, KeepsNoPrivilegedFileStagedAfterAnInterruption) {
  StoreWorld world("bare");
  LayeredSource source;
  source.set_hook([&](std::size_t) -> Result<void> {
    if (!staged_objects(world).empty()) return Error(Errc::kTransient, "connection reset");
    return {};
  });
  ASSERT_FALSE(
      world
          .import(source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit),
                  source)
          .ok());
  const auto staged = staged_objects(world);
  EXPECT_GT(staged.size(), 10U) << "the rest is kept for the next attempt";
  for (const auto& path : staged) {
    struct stat found {};
    ASSERT_EQ(lstat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & (S_ISUID | S_ISGID), 0U) << path;
  }
}

TEST(CommitStore, PublishesOnlyWhatTheCommitNeeds) {
  TemporaryDirectory directory;
  ImageMaker maker(directory.path());
  const auto other = maker.commit("other");
  StoreWorld world("bare");
  LayeredSource source;
  source.set_hook([&](std::size_t) -> Result<void> {  // leaves objects of another image staged
    if (!staged_objects(world).empty()) return Error(Errc::kTransient, "connection reset");
    return {};
  });
  ASSERT_FALSE(
      world.import(source.make(make_layers(maker.files(), Compression::kGzip, 1), other), source)
          .ok());
  source.set_hook({});
  auto files = maker.files();  // and this image has both commits' objects
  files.insert(sample().files.begin(), sample().files.end());
  ASSERT_TRUE(
      world.import(source.make(make_layers(files, Compression::kGzip, 1), sample().commit), source)
          .ok());
  StoreWorld clean("bare");
  ASSERT_TRUE(
      clean
          .import(source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit),
                  source)
          .ok());
  EXPECT_EQ(world.visible(), clean.visible());
}

// ---- what the repository was left as

TEST(CommitStore, FindsOnlyWhatIsComplete) {
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  const auto is_found = [&] {
    const auto found = world.store().find(sample().commit, Stop());
    EXPECT_TRUE(found.ok()) << found.error().message();
    return found.ok() && found->has_value();
  };
  EXPECT_FALSE(is_found());
  ASSERT_TRUE(world.import(image, source).ok());
  EXPECT_TRUE(is_found());

  const auto mark = world.repo() / "state" / (sample().commit.str() + ".commitpartial");
  ASSERT_EQ(close(creat(mark.c_str(), 0644)), 0);
  EXPECT_FALSE(is_found()) << "marked as partial";
  fs::remove(mark);

  for (const char* extension : {".filez", ".dirtree", ".dirmeta"}) {
    auto path = first_object(sample().files, extension);
    if (extension == std::string(".filez")) path.pop_back();  // "file" in a bare repository
    const auto object = world.repo() / path.substr(std::string("srv/repo/").size());
    fs::rename(object, world.repo() / "aside");
    EXPECT_FALSE(is_found()) << extension << " is missing";
    fs::rename(world.repo() / "aside", object);
  }
  EXPECT_TRUE(is_found());
}

TEST(CommitStore, MendsACommitThatMissesAnObjectOfAnyKind) {
  for (const char* extension : {".filez", ".dirtree", ".dirmeta", ".commit"}) {
    StoreWorld world("bare-user");
    LayeredSource source;
    const auto image =
        source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
    ASSERT_TRUE(world.import(image, source).ok());
    auto path = first_object(sample().files, extension);
    if (extension == std::string(".filez")) path.pop_back();
    fs::remove(world.repo() / path.substr(std::string("srv/repo/").size()));
    const auto imported = world.import(image, source);
    ASSERT_TRUE(imported.ok()) << imported.error().message();
    EXPECT_EQ(imported->statistics().objects_written, 1U) << extension;
    EXPECT_EQ(world.fsck(), "");
  }
}

TEST(CommitStore, TakesTheMarkFromACommitThatTurnsOutToBeComplete) {
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  ASSERT_TRUE(world.import(image, source).ok());
  const auto visible = world.visible();
  // As if the power was cut between the commit and the last two steps.
  ASSERT_TRUE(fs::remove(world.repo() / "refs/heads/pivotd" / sample().commit.str()));
  ASSERT_EQ(
      close(creat((world.repo() / "state" / (sample().commit.str() + ".commitpartial")).c_str(),
                  0644)),
      0);
  const auto reads = source.reads();
  ASSERT_TRUE(world.import(image, source).ok());
  EXPECT_EQ(source.reads(), reads);
  EXPECT_EQ(world.visible(), visible);
}

TEST(CommitStore, HoldsWhatItFindsUnheld) {
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  ASSERT_TRUE(world.import(image, source).ok());
  const auto ref = "refs/heads/pivotd/" + sample().commit.str();
  ASSERT_TRUE(world.store().release_all_but(std::nullopt, Stop()).ok());
  EXPECT_FALSE(world.visible().contains(ref));
  const auto found = world.store().find(sample().commit, Stop());
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_TRUE(world.visible().contains(ref));
}

TEST(CommitStore, AddsNoRefToWhatSomebodyElseHolds) {
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  ASSERT_TRUE(world.import(image, source).ok());
  world.ostree("refs --create=ostree/0/1/0 " + sample().commit.str());
  ASSERT_TRUE(world.store().release_all_but(std::nullopt, Stop()).ok());
  const auto found = world.store().find(sample().commit, Stop());
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_FALSE(world.visible().contains("refs/heads/pivotd/" + sample().commit.str()));
}

TEST(CommitStore, LeavesTheRefsOfOthersAlone) {
  StoreWorld world("bare-user");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  ASSERT_TRUE(world.import(image, source).ok());
  world.ostree("refs --create=pivotdx/mine " + sample().commit.str());
  world.ostree("refs --create=other/pivotd " + sample().commit.str());
  const auto before = world.visible();
  ASSERT_TRUE(world.store().release_all_but(sample().commit, Stop()).ok());
  EXPECT_EQ(world.visible(), before);
  ASSERT_TRUE(world.store().release_all_but(std::nullopt, Stop()).ok());
  EXPECT_TRUE(world.visible().contains("refs/heads/pivotdx/mine"));
  EXPECT_TRUE(world.visible().contains("refs/heads/other/pivotd"));
}

// ---- what the host refuses

TEST(CommitStore, IsBusyWhileSomebodyPrunes) {
  StoreWorld world("bare-user");
  world.ostree("config set core.lock-timeout-secs 0");
  const auto lock = open((world.repo() / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_GE(lock, 0);
  struct flock exclusive {};
  exclusive.l_type = F_WRLCK;
  ASSERT_EQ(fcntl(lock, F_OFD_SETLK, &exclusive), 0);
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  const auto imported = world.import(image, source);
  close(lock);
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(imported.error().code(), Errc::kBusy) << imported.error().message();
  EXPECT_TRUE(world.import(image, source).ok());
}

TEST(CommitStore, KnowsAFullDiskByTheRepositorysOwnRule) {
  StoreWorld world("bare-user");
  world.ostree("config set core.min-free-space-size 1000000GB");
  LayeredSource source;
  const auto image =
      source.make(make_layers(sample().files, Compression::kGzip, 1), sample().commit);
  const auto before = world.visible();
  const auto imported = world.import(image, source);
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(imported.error().code(), Errc::kNoSpace) << imported.error().message();
  EXPECT_EQ(world.visible(), before);
  EXPECT_EQ(world.staged(), std::set<std::string>{}) << "a full disk is not kept full";
  world.ostree("config set core.min-free-space-size 1MB");
  EXPECT_TRUE(world.import(image, source).ok());
  EXPECT_EQ(world.fsck(), "");
}

TEST(CommitStore, NeedsARepository) {
  TemporaryDirectory directory;
  unpack::LayerUnpacker unpacker;
  const auto none = open_commit_store(directory.path() / "none", unpacker);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code(), Errc::kNotFound) << none.error().message();
}

}  // namespace
}  // namespace pivotd::ostree
