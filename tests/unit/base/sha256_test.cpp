#include "pivotd/base/sha256.h"

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "unit/base/sources.h"

namespace pivotd {
namespace {

const std::string kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

// FIPS 180-2, appendix B, and the empty message.
TEST(Sha256, AgreesWithThePublishedVectors) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", kOfAbc},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
  for (const auto& [text, hex] : table) EXPECT_EQ(to_hex(Sha256::of(text)), hex);
}

TEST(Sha256, TakesItsInputInPieces) {
  Sha256 hash;
  hash.update(as_bytes("a"));
  hash.update(as_bytes(""));
  Sha256 moved = std::move(hash);
  moved.update(as_bytes("bc"));
  EXPECT_EQ(to_hex(moved.finish()), kOfAbc);
}

TEST(Sha256, IsReadFromExactlySixtyFourLowerCaseDigits) {
  EXPECT_EQ(sha256_from_hex(kOfAbc), Sha256::of("abc"));
  for (const auto& text : std::vector<std::string>{"", kOfAbc.substr(1), kOfAbc + "0",
                                                   "B" + kOfAbc.substr(1), "g" + kOfAbc.substr(1),
                                                   std::string(64, '\0'), " " + kOfAbc.substr(1)})
    EXPECT_EQ(sha256_from_hex(text), std::nullopt) << text;
}

template <class Inner>
VerifiedSource verified(std::string content, std::optional<std::uint64_t> size) {
  return VerifiedSource(std::make_unique<Inner>(std::move(content)), Sha256::of("abc"), size,
                        "the blob");
}

TEST(VerifiedSource, EndsOnlyAfterTheRightBytes) {
  for (const std::optional<std::uint64_t>& size :
       {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(3)}) {
    auto whole = verified<MemorySource>("abc", size);
    EXPECT_EQ(*read_all(whole, 10, "x", {}), "abc");
    std::array<std::byte, 1> buffer{};
    EXPECT_EQ(*whole.read(buffer, {}), 0U);  // and the end stays the end
    auto dripping = verified<testing::DripSource>("abc", size);
    EXPECT_EQ(*read_all(dripping, 10, "x", {}), "abc");
  }
}

struct Wrong {
  std::string content;
  std::optional<std::uint64_t> size;
  std::string message;
};

TEST(VerifiedSource, ReportsWrongBytesAndStaysWrong) {
  const std::vector<Wrong> table{
      {"abd", 3,
       concat("the blob has the wrong sha256: expected ", kOfAbc, ", found ",
              to_hex(Sha256::of("abd")))},
      {"abcd", std::nullopt,
       concat("the blob has the wrong sha256: expected ", kOfAbc, ", found ",
              to_hex(Sha256::of("abcd")))},
      {"", std::nullopt,
       concat("the blob has the wrong sha256: expected ", kOfAbc, ", found ",
              to_hex(Sha256::of("")))},
      {"ab", 3, "the blob has 2 bytes, but 3 were declared"},
      {"abc", 4, "the blob has 3 bytes, but 4 were declared"},
      {"", 3, "the blob has 0 bytes, but 3 were declared"},
      {"abcd", 3, "the blob is longer than the 3 bytes that were declared"},
      {std::string(1 << 20, 'a'), 3, "the blob is longer than the 3 bytes that were declared"},
  };
  for (const auto& row : table) {
    auto source = verified<MemorySource>(row.content, row.size);
    const auto read = drain(source, {});
    ASSERT_FALSE(read.ok()) << row.message;
    EXPECT_EQ(read.error(), Error(Errc::kIntegrity, row.message));
    std::array<std::byte, 1> buffer{};
    EXPECT_EQ(source.read(buffer, {}).error(), read.error());
  }
}

TEST(VerifiedSource, GivesUpBeforeTheEndOfWhatIsTooLong) {
  auto source = verified<testing::DripSource>(std::string(1000, 'a'), 3);
  std::array<std::byte, 10> buffer{};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*source.read(buffer, {}), 1U);
  EXPECT_EQ(source.read(buffer, {}).error().code(), Errc::kIntegrity);
}

TEST(VerifiedSource, PassesTheErrorsOfItsSourceOnForGood) {
  auto source = verified<testing::BrokenSource>("abc", 3);
  EXPECT_EQ(drain(source, {}).error(), testing::broken());
  EXPECT_EQ(drain(source, {}).error(), testing::broken());
}

}  // namespace
}  // namespace pivotd
