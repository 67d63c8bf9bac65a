#include "pivotd/unpack/layer_unpacker.h"

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "fakes/layered_source.h"
#include "fakes/raw_tar.h"
#include "unit/unpack/compress.h"
#include "unit/unpack/recording_sink.h"

namespace pivotd::unpack {
namespace {

using fakes::LayerBlob;
using fakes::LayeredSource;
using fakes::raw_tar;

std::string path_of(char digit, const std::string& extension = ".filez") {
  return concat("srv/repo/objects/", std::string(2, digit), '/', std::string(62, digit), extension);
}

ObjectName name_of(char digit) {
  return {Checksum::parse(std::string(64, digit)).value(), ObjectKind::kFile};
}

LayerBlob plain(const std::string& tar) {
  return {tar, Digest::of(tar)};
}

// An unpacker and all it needs.
struct World {
  Result<UnpackedImage> unpack(std::vector<LayerBlob> layers, const Stop& stop = Stop()) {
    return LayerUnpacker(limits).unpack(source.make(std::move(layers), std::nullopt), source, sink,
                                        observer, stop);
  }

  Limits limits;
  LayeredSource source;
  RecordingSink sink;
  fakes::ProgressObserver observer;
};

TEST(LayerUnpacker, TakesLayersOfEveryCompressionInOneImage) {
  World world;
  const auto first = raw_tar({{.name = path_of('a'), .content = "A"}});
  const auto second = raw_tar({{.name = path_of('b'), .content = "BB"}});
  const auto third = raw_tar({{.name = path_of('c'), .content = "CCC"}});
  const std::vector<LayerBlob> layers{{gzip(first), Digest::of(first)},
                                      {zstd(second), Digest::of(second)},
                                      {third, Digest::of(third)}};
  std::uint64_t size = 0;
  for (const auto& layer : layers) size += layer.bytes.size();
  const auto unpacked = world.unpack(layers);
  ASSERT_TRUE(unpacked.ok()) << unpacked.error().message();
  EXPECT_EQ(unpacked->objects_written, 3U);
  EXPECT_EQ(unpacked->object_bytes, 6U);
  EXPECT_EQ(unpacked->blob_bytes, size);
  EXPECT_EQ(world.sink.objects(),
            (std::map<ObjectName, std::string>{
                {name_of('a'), "A"}, {name_of('b'), "BB"}, {name_of('c'), "CCC"}}));
  ASSERT_FALSE(world.observer.heard.empty());
  EXPECT_EQ(world.observer.heard.back(), (Progress{.done = size, .total = size}));
}

TEST(LayerUnpacker, DoesNotOfferWhatTheSinkHas) {
  World world;
  world.sink.had[name_of('a')] = true;
  const auto unpacked = world.unpack({plain(
      raw_tar({{.name = path_of('a'), .content = "A"}, {.name = path_of('b'), .content = "B"}}))});
  ASSERT_TRUE(unpacked.ok());
  EXPECT_EQ(unpacked->objects_skipped, 1U);
  EXPECT_EQ(world.sink.names(), std::vector<std::string>{"b.filez"});
}

TEST(LayerUnpacker, ReadsAnImageWithoutLayers) {
  World world;
  const auto unpacked = world.unpack({});
  ASSERT_TRUE(unpacked.ok());
  EXPECT_EQ(unpacked->blob_bytes, 0U);
}

TEST(LayerUnpacker, ChecksTheDiffIdBeyondTheTarsEnd) {
  const auto tar = raw_tar({{.name = path_of('a'), .content = "A"}});
  World world;
  const auto unpacked = world.unpack({{gzip(tar + std::string(10240, '\0')), Digest::of(tar)}});
  ASSERT_FALSE(unpacked.ok());
  EXPECT_EQ(unpacked.error().code(), Errc::kIntegrity);
  EXPECT_NE(unpacked.error().message().find("the uncompressed layer has the wrong sha256"),
            std::string::npos)
      << unpacked.error().message();
}

TEST(LayerUnpacker, FindsASingleWrongByteWhereverItIs) {
  const auto tar =
      raw_tar({{.name = path_of('a'), .content = "A"}, {.name = "else", .content = "x"}});
  for (const auto& layer :
       {plain(tar), LayerBlob{gzip(tar), Digest::of(tar)}, LayerBlob{zstd(tar), Digest::of(tar)}}) {
    for (std::size_t offset = 0; offset < layer.bytes.size(); ++offset) {
      World world;
      world.source.corrupt(0, offset);
      const auto unpacked = world.unpack({layer});
      ASSERT_FALSE(unpacked.ok()) << offset;
      EXPECT_EQ(unpacked.error().code(), Errc::kIntegrity)
          << offset << ": " << unpacked.error().message();
    }
  }
}

TEST(LayerUnpacker, ReportsAWrongBlobRatherThanWhatItSeemedToSay) {
  const auto tar = raw_tar({{.name = "etc", .type = '5'}});
  World world;
  world.source.corrupt(0, 0);  // the tar's header is damaged too, but not by the image's maker
  const auto unpacked = world.unpack({plain(tar)});
  ASSERT_FALSE(unpacked.ok());
  EXPECT_NE(unpacked.error().message().find("blob 'sha256:"), std::string::npos)
      << unpacked.error().message();
}

TEST(LayerUnpacker, PassesTheSourcesErrorOnFromWhicheverReadItComes) {
  const auto tar = raw_tar({{.name = path_of('a'), .content = std::string(3000, 'x')},
                            {.name = "else", .content = std::string(3000, 'y')}});
  const Error broken(Errc::kTransient, "connection reset");
  for (const auto& layer : {plain(tar), LayerBlob{gzip(tar), Digest::of(tar)}}) {
    std::size_t reads = 0;
    {
      World world;
      world.source.set_chunk(97);
      ASSERT_TRUE(world.unpack({layer}).ok());
      reads = world.source.reads();
    }
    ASSERT_GT(reads, 1U);
    for (std::size_t n = 0; n < reads; ++n) {
      World world;
      world.source.set_chunk(97);
      world.source.set_hook([&](std::size_t read) -> Result<void> {
        if (read == n) return broken;
        return {};
      });
      const auto unpacked = world.unpack({layer});
      ASSERT_FALSE(unpacked.ok()) << n;
      EXPECT_EQ(unpacked.error().code(), Errc::kTransient) << n;
      EXPECT_EQ(unpacked.error().chain().back(), "connection reset") << n;
    }
  }
}

TEST(LayerUnpacker, StopsAtWhicheverReadItIsToldTo) {
  const auto tar = raw_tar({{.name = path_of('a'), .content = std::string(3000, 'x')}});
  for (std::size_t n = 0; n < 20; ++n) {
    World world;
    std::stop_source stop;
    world.source.set_chunk(97);
    world.source.set_hook([&](std::size_t read) -> Result<void> {
      if (read == n) stop.request_stop();
      return {};
    });
    const auto unpacked = world.unpack({plain(tar)}, stop.get_token());
    ASSERT_FALSE(unpacked.ok()) << n;
    EXPECT_EQ(unpacked.error().code(), Errc::kCancelled) << unpacked.error().message();
    EXPECT_EQ(world.source.reads(), n + 1) << "nothing is read after the stop";
  }
}

TEST(LayerUnpacker, RefusesABombByItsRatio) {
  World world;
  world.limits.expansion_allowance = 1 << 20;
  const auto tar = raw_tar({{.name = "zeros", .content = std::string(8U << 20U, '\0')}});
  for (const auto& blob : {gzip(tar), zstd(tar)}) {
    const auto unpacked = world.unpack({{blob, Digest::of(tar)}});
    ASSERT_FALSE(unpacked.ok());
    EXPECT_EQ(unpacked.error().code(), Errc::kInvalid);
    EXPECT_EQ(unpacked.error().chain().back(),
              "the layer expands to more than 200 times its size: it is a decompression bomb");
  }
}

TEST(LayerUnpacker, TakesALayerOfZerosUnderTheAllowance) {
  World world;
  const auto tar = raw_tar({{.name = "zeros", .content = std::string(8U << 20U, '\0')}});
  EXPECT_TRUE(world.unpack({{gzip(tar), Digest::of(tar)}}).ok());
}

TEST(LayerUnpacker, HoldsEachLimit) {
  const auto tar = raw_tar({{.name = path_of('a'), .content = "A"},
                            {.name = path_of('b'), .content = std::string(2000, 'B')}});
  const struct {
    Limits limits;
    std::string problem;
  } cases[] = {
      {{.layers = 1}, "the image has 2 layers, more than the limit of 1"},
      {{.entries = 3}, "the layers have more than the limit of 3 entries"},
      {{.repository_entries = 1}, "the image's repository has more than the limit of 1 objects"},
      {{.entry_size = 1999},
       concat("the image's '/", path_of('b'), "' is larger than the limit of ", human_bytes(1999))},
      {{.total_size = 5000}, concat("the layers hold more than the limit of ", human_bytes(5000))},
  };
  for (const auto& one : cases) {
    World world;
    world.limits = one.limits;
    const auto unpacked = world.unpack({plain(tar), plain(tar)});
    ASSERT_FALSE(unpacked.ok()) << one.problem;
    EXPECT_EQ(unpacked.error().code(), Errc::kInvalid);
    EXPECT_EQ(unpacked.error().chain().back(), one.problem);
  }
}

TEST(LayerUnpacker, SaysWhichLayerWasWrong) {
  const auto tar = raw_tar({});
  const auto wrong = raw_tar({{.name = ".."}});
  World world;
  const auto unpacked = world.unpack({plain(tar), plain(wrong)});
  ASSERT_FALSE(unpacked.ok());
  EXPECT_EQ(unpacked.error().message(),
            concat("layer 2 of 2 '", Digest::of(wrong).str(),
                   "': the tar has an entry '..', whose name leads out of its directory"));
}

}  // namespace
}  // namespace pivotd::unpack
