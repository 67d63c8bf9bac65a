#include "pivotd/base/bytes.h"

#include <array>
#include <memory>

#include <gtest/gtest.h>

#include "unit/base/sources.h"

namespace pivotd {
namespace {

const std::string kLong(200'000, 'x');

TEST(MemorySource, GivesItsBytesAndThenNothing) {
  MemorySource source("abcde");
  std::array<std::byte, 3> buffer{};
  EXPECT_EQ(*source.read(buffer, {}), 3U);
  EXPECT_EQ(as_text(buffer), "abc");
  EXPECT_EQ(*source.read(buffer, {}), 2U);
  EXPECT_EQ(as_text(std::span(buffer).first(2)), "de");
  EXPECT_EQ(*source.read(buffer, {}), 0U);
  EXPECT_EQ(*source.read(buffer, {}), 0U);
}

TEST(Bytes, AreReadWholeUpToALimit) {
  for (const auto& content : std::vector<std::string>{"", "abc", kLong}) {
    MemorySource source(content);
    EXPECT_EQ(*read_all(source, content.size(), "the blob", {}), content);
  }
  MemorySource source(kLong);
  const auto refused = read_all(source, kLong.size() - 1, "the blob", {});
  EXPECT_EQ(refused.error(),
            Error(Errc::kInvalid, "the blob is larger than the limit of 199999 bytes"));
}

TEST(Bytes, ArriveInWhateverPieces) {
  testing::DripSource source(kLong.substr(0, 1000));
  EXPECT_EQ(*read_all(source, 1000, "the blob", {}), kLong.substr(0, 1000));
}

TEST(Bytes, AreCountedWhenDrained) {
  MemorySource source(kLong);
  EXPECT_EQ(*drain(source, {}), kLong.size());
  MemorySource empty("");
  EXPECT_EQ(*drain(empty, {}), 0U);
}

TEST(Bytes, StopWhenAskedTo) {
  auto asked = std::make_unique<std::stop_source>();
  asked->request_stop();
  MemorySource source("abc");
  EXPECT_EQ(drain(source, asked->get_token()).error().code(), Errc::kCancelled);
  EXPECT_EQ(read_all(source, 10, "the blob", asked->get_token()).error().code(), Errc::kCancelled);
}

TEST(Bytes, PassErrorsOn) {
  testing::BrokenSource source("abc");
  EXPECT_EQ(drain(source, {}).error(), testing::broken());
  testing::BrokenSource other("abc");
  EXPECT_EQ(read_all(other, 10, "the blob", {}).error(), testing::broken());
}

}  // namespace
}  // namespace pivotd
