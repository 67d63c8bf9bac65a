#include "unpack/decompress.h"

#include <gtest/gtest.h>
#include <zdict.h>
#include <zlib.h>
#include <zstd.h>

#include "pivotd/base/text.h"

#include "unit/unpack/compress.h"

namespace pivotd::unpack {
namespace {

using namespace std::string_literals;

// At most `chunk` bytes a read, as networks do.
class Trickle final : public ByteSource {
 public:
  Trickle(std::string content, std::size_t chunk) : inner_(std::move(content)), chunk_(chunk) {}
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override {
    return inner_.read(buffer.first(std::min(chunk_, buffer.size())), stop);
  }

 private:
  MemorySource inner_;
  std::size_t chunk_;
};

Result<std::string> unpacked(const std::string& blob, std::size_t chunk = 1 << 20) {
  auto stream = TRY(decompress(std::make_unique<Trickle>(blob, chunk), Stop()));
  auto content = TRY(read_all(*stream, 64U << 20, "it", Stop()));
  std::byte more[1];
  EXPECT_EQ(stream->read(more, Stop()).value(), 0U) << "the end stays";
  return content;
}

std::string noise(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525U + 1013904223U;
    text += static_cast<char>(state >> 24U);
  }
  return text;
}

const std::string kSkippable = "\x50\x2a\x4d\x18\x05\x00\x00\x00hello"s;

TEST(Decompress, GivesTheContentOfEveryFormatInAnyPieces) {
  const auto large = noise(300'000) + std::string(300'000, 'x');
  const struct {
    std::string name;
    std::string blob;
    std::string content;
  } cases[] = {
      {"nothing", "", ""},
      {"plain", "plain text", "plain text"},
      {"plain and short", "x", "x"},
      {"plain and large", large, large},
      {"gzip", gzip(large), large},
      {"gzip of nothing", gzip(""), ""},
      {"gzip of many members", gzip("a") + gzip("") + gzip("") + gzip("bc") + gzip(large),
       "abc" + large},
      {"zstd", zstd(large), large},
      {"zstd of nothing", zstd(""), ""},
      {"zstd of many frames", zstd("a") + zstd("") + zstd("bc") + zstd(large), "abc" + large},
      {"zstd that begins with a skippable frame", kSkippable + zstd("a"), "a"},
      {"zstd that ends in skippable frames", zstd("a") + kSkippable + kSkippable, "a"},
      {"only a skippable frame", kSkippable, ""},
  };
  for (const auto& one : cases) {
    for (const std::size_t chunk : {1U, 7U, 100'000U}) {
      const auto content = unpacked(one.blob, chunk);
      ASSERT_TRUE(content.ok()) << one.name << ": " << content.error().message();
      EXPECT_EQ(*content == one.content, true) << one.name << " in pieces of " << chunk;
    }
  }
}

TEST(Decompress, RefusesAStreamCutAtAnyByte) {
  for (const auto& whole : {gzip("some text") + gzip("more"), zstd("some text") + zstd("more")}) {
    const auto first = whole == gzip("some text") + gzip("more") ? gzip("some text").size()
                                                                 : zstd("some text").size();
    for (std::size_t size = 8; size < whole.size(); ++size) {
      if (size == first) continue;  // a shorter stream, but a whole one
      const auto content = unpacked(whole.substr(0, size));
      ASSERT_FALSE(content.ok()) << size;
      EXPECT_EQ(content.error().code(), Errc::kIntegrity) << content.error().message();
    }
  }
}

TEST(Decompress, RefusesWhatFollowsTheStream) {
  for (const std::string& trailing :
       {"garbage"s, "\0"s, "\x1f"s, "\x28\xb5\x2f"s, std::string(512, '\0')}) {
    EXPECT_EQ(unpacked(gzip("x") + trailing).error(),
              Error(Errc::kIntegrity, "bytes that are not gzip follow the gzip stream"));
    EXPECT_EQ(unpacked(zstd("x") + trailing).error(),
              Error(Errc::kIntegrity, "bytes that are not zstd follow the zstd stream"));
  }
  EXPECT_FALSE(unpacked(gzip("x") + zstd("x")).ok());
  EXPECT_FALSE(unpacked(zstd("x") + gzip("x")).ok());
}

TEST(Decompress, RefusesDamageThatOnlyAChecksumShows) {
  auto damaged = gzip("some text");
  damaged[damaged.size() - 5] ^= 1;  // the CRC
  EXPECT_EQ(unpacked(damaged).error().code(), Errc::kIntegrity);
  damaged = gzip("some text");
  damaged[damaged.size() - 1] ^= 1;  // the length
  EXPECT_EQ(unpacked(damaged).error().code(), Errc::kIntegrity);
  damaged = zstd("some text");
  damaged[damaged.size() - 1] ^= 1;  // the content's checksum
  EXPECT_EQ(unpacked(damaged).error().code(), Errc::kIntegrity);
}

TEST(Decompress, DoesNotHoldASkippableFrameOfFourGigabytes) {
  const auto header = "\x5f\x2a\x4d\x18\xff\xff\xff\xff"s;
  EXPECT_EQ(unpacked(header + "and not that much").error(),
            Error(Errc::kIntegrity, "the zstd stream ends in the middle of a frame"));
}

TEST(Decompress, RefusesAZstdDictionary) {
  const auto dictionary = noise(4096);
  auto* context = ZSTD_createCCtx();
  std::string blob(ZSTD_compressBound(100), '\0');
  // A raw dictionary has no identifier: set one in the frame's header by making a real one.
  std::vector<char> trained(64 * 1024);
  std::string samples;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < 200; ++i) {
    const auto sample = concat("sample number ", i, " of many that look alike ", i * 7);
    samples += sample;
    sizes.push_back(sample.size());
  }
  const auto size = ZDICT_trainFromBuffer(trained.data(), trained.size(), samples.data(),
                                          sizes.data(), static_cast<unsigned>(sizes.size()));
  ASSERT_EQ(ZDICT_isError(size), 0U);
  const auto count = ZSTD_compress_usingDict(context, blob.data(), blob.size(), samples.data(), 50,
                                             trained.data(), size, 3);
  ZSTD_freeCCtx(context);
  ASSERT_EQ(ZSTD_isError(count), 0U);
  EXPECT_EQ(unpacked(blob.substr(0, count)).error(),
            Error(Errc::kUnsupported, "the zstd stream needs a dictionary, which no layer may"));
}

TEST(Decompress, RefusesAZstdWindowThatWouldTakeTheMemory) {
  // A frame header alone: magic, no single segment, a window descriptor of 2^31.
  const auto blob = "\x28\xb5\x2f\xfd\x00\xa8"s + std::string(100, '\0');
  EXPECT_EQ(unpacked(blob).error(),
            Error(Errc::kUnsupported, "the zstd stream needs a window of more than 128 MiB"));
}

TEST(Decompress, NamesTheFormatsItDoesNotTake) {
  const std::pair<std::string, std::string> cases[] = {
      {"BZh91AY", "bzip2"},
      {"\xfd"
       "7zXZ\0"s,
       "xz"},
      {"\x04\x22\x4d\x18"s, "lz4"},
      {"LZIP\x01", "lzip"},
      {"\x5d\0\0\x80\0"s, "lzma"},
      {"\x1f\x9d\x90"s, "compress (.Z)"},
      {"PK\x03\x04zip", "zip"},
      {"\x89LZO\0"s, "lzop"},
  };
  for (const auto& [blob, name] : cases) {
    EXPECT_EQ(unpacked(blob).error(),
              Error(Errc::kUnsupported, "the layer is compressed with " + name +
                                            "; pivotd takes gzip, zstd and uncompressed layers"));
  }
}

TEST(Decompress, AnErrorIsFinal) {
  auto stream = decompress(std::make_unique<MemorySource>(gzip("x") + "garbage"), Stop());
  ASSERT_TRUE(stream.ok());
  const auto first = drain(**stream, Stop());
  std::byte buffer[8];
  const auto second = (*stream)->read(buffer, Stop());
  ASSERT_FALSE(first.ok());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(first.error(), second.error());
}

}  // namespace
}  // namespace pivotd::unpack
