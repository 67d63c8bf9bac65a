#include "pivotd/model/digest.h"

#include <gtest/gtest.h>

namespace pivotd {
namespace {

const std::string kHex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, NamesContentByItsSha256) {
  EXPECT_EQ(Digest::of("abc").str(), "sha256:" + kHex);
  EXPECT_EQ(*Digest::parse("sha256:" + kHex), Digest::of("abc"));
  EXPECT_EQ(*Checksum::parse(kHex), Checksum(Digest::of("abc").value()));
  EXPECT_EQ(Checksum::parse(kHex)->str(), kHex);
}

TEST(Digest, RefusesEverythingElse) {
  for (const auto& text : std::vector<std::string>{
           std::string(), kHex, "sha256:" + kHex.substr(1), "sha256:" + kHex + "0",
           "sha256:B" + kHex.substr(1), "SHA256:" + kHex, "sha512:" + kHex + kHex,
           "sha256:../../" + kHex.substr(6), "sha256:" + kHex + "\n", " sha256:" + kHex}) {
    const auto digest = Digest::parse(text);
    ASSERT_FALSE(digest.ok()) << text;
    EXPECT_EQ(digest.error().code(), Errc::kInvalid);
    EXPECT_FALSE(Checksum::parse(text + "x").ok());
  }
  EXPECT_FALSE(Checksum::parse("sha256:" + kHex).ok());
}

}  // namespace
}  // namespace pivotd
