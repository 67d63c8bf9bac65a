#include "pivotd/model/image_ref.h"

#include <gtest/gtest.h>

#include "pivotd/base/files.h"
#include "pivotd/base/json.h"
#include "pivotd/base/text.h"

namespace pivotd {
namespace {

const std::string kDigest =
    "sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912";

std::string refusal(const std::string& text) {
  const auto parsed = ImageRef::parse(text);
  return parsed.ok() ? "accepted" : parsed.error().message();
}

// What the registry clients that administrators know make of each, narrowed to "registry host and
// sha256 digest".
TEST(ImageRef, AgreesWithTheTableOfVerdicts) {
  const auto text = read_file(PIVOTD_TEST_DATA "/image-references.json", 1 << 20);
  ASSERT_TRUE(text.ok()) << text.error().message();
  const auto table = json::parse(*text, "the table");
  ASSERT_TRUE(table.ok()) << table.error().message();
  const auto rows = json::Cursor(*table).elements();
  ASSERT_EQ(rows->size(), 102U);
  for (const auto& row : *rows) {
    const auto columns = *row.elements();
    const auto input = *columns.at(0).string();
    EXPECT_EQ(ImageRef::parse(input).ok(), *columns.at(1).boolean())
        << printable(input) << ": " << refusal(input);
  }
}

struct Accepted {
  std::string text;
  std::string host;
  std::string path;
  std::optional<std::string> tag;
};

TEST(ImageRef, TakesAReferenceApart) {
  const std::vector<Accepted> table{
      {"quay.io/openshift-release-dev/ocp-v4.0-art-dev@" + kDigest, "quay.io",
       "openshift-release-dev/ocp-v4.0-art-dev", std::nullopt},
      {"localhost/a@" + kDigest, "localhost", "a", std::nullopt},
      {"Registry.Example.COM:65535/a/b:v1.0_x-Y@" + kDigest, "Registry.Example.COM:65535", "a/b",
       "v1.0_x-Y"},
      {"oci:5000/a@" + kDigest, "oci:5000", "a", std::nullopt},
      {"[fd00::1]/a@" + kDigest, "[fd00::1]", "a", std::nullopt},
      {"[fd00::1]:5000/a/b__c---d.e@" + kDigest, "[fd00::1]:5000", "a/b__c---d.e", std::nullopt},
      {"[::ffff:10.0.0.1]:1/a@" + kDigest, "[::ffff:10.0.0.1]:1", "a", std::nullopt},
      {"q.io/a:" + std::string(128, 't') + "@" + kDigest, "q.io", "a", std::string(128, 't')},
  };
  for (const auto& row : table) {
    const auto parsed = ImageRef::parse(row.text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    EXPECT_EQ(parsed->str(), row.text);
    EXPECT_EQ(parsed->host(), row.host);
    EXPECT_EQ(parsed->path(), row.path);
    EXPECT_EQ(parsed->tag(), row.tag);
    EXPECT_EQ(parsed->digest().str(), kDigest);
    EXPECT_EQ(parsed->repository(), row.host + "/" + row.path);
  }
}

struct Refused {
  std::string text;
  std::string reason;  // the message ends with it
};

TEST(ImageRef, RefusesWithOneLineThatSaysWhatToWrite) {
  const std::string long_path = "q.io/" + std::string(251, 'a') + "@" + kDigest;
  const std::vector<Refused> table{
      {"", "is empty: write 'host/path@sha256:...'"},
      {std::string(513, 'a'), "is longer than 512 bytes"},
      {"quay.io/a:v1",
       "is not pinned by a digest: write 'host/path@sha256:...', a tag may change under it"},
      {"quay.io/a",
       "is not pinned by a digest: write 'host/path@sha256:...', a tag may change under it"},
      {"quay.io/a@sha512:00", "has a sha384 or sha512 digest: only sha256 is supported"},
      {"quay.io/a@sha384:00", "has a sha384 or sha512 digest: only sha256 is supported"},
      {"a@" + kDigest,
       "does not name both registry and repository: write 'host/path@sha256:...' in full"},
      {"team/a@" + kDigest,
       "does not name its registry: write 'host/path@sha256:...' in full, with a '.' or a port in "
       "the host"},
      {"https://quay.io/a@" + kDigest,
       "starts with a scheme: write it without, 'host/path@sha256:...'"},
      {"pivot://quay.io/a@" + kDigest,
       "starts with a scheme: write it without, 'host/path@sha256:...'"},
      {"oci:/tmp/x@" + kDigest,
       "starts with a transport: write it without, 'host/path@sha256:...'"},
      {"dir:x/y@" + kDigest, "starts with a transport: write it without, 'host/path@sha256:...'"},
      {"oci:", "starts with a transport: write it without, 'host/path@sha256:...'"},
      {"quay.io/a @" + kDigest, "has white space or a control character in it"},
      {" quay.io/a@" + kDigest, "has white space or a control character in it"},
      {std::string("quay.io/a\0@", 11) + kDigest, "has white space or a control character in it"},
      {"quay.io/a\x7f@" + kDigest, "has white space or a control character in it"},
      {"quay.io/\xc3\xa4@" + kDigest, "has a character in it that is not ASCII"},
      {"quay.io/a%2fb@" + kDigest, "has a percent escape in it: write the name as it is"},
      {"quay.io//a@" + kDigest, "has an empty part in its path ('//', or '/' at an end)"},
      {"quay.io/a/@" + kDigest, "has an empty part in its path ('//', or '/' at an end)"},
      {"quay.io/@" + kDigest, "does not name a repository: write 'host/path@sha256:...'"},
      {"quay.io/a/../b@" + kDigest, "has '.' or '..' as a part of its path"},
      {"quay.io/a/./b@" + kDigest, "has '.' or '..' as a part of its path"},
      {"quay.io/A@" + kDigest,
       "has an upper-case letter in its path: repository names are lower case"},
      {"quay.io/a___b@" + kDigest,
       "has a path that is not made of lower-case letters and digits, joined by '.', '_', '__' or "
       "'-'"},
      {"quay.io/-a@" + kDigest,
       "has a path that is not made of lower-case letters and digits, joined by '.', '_', '__' or "
       "'-'"},
      {"quay.io/a@" + kDigest + "@" + kDigest, "has more than one '@'"},
      {"quay.io/a@sha256:be178c05",
       "has a bad digest: expected 'sha256:' and 64 lower-case hexadecimal digits"},
      {"quay.io/a@SHA256:" + kDigest.substr(7),
       "has a bad digest: expected 'sha256:' and 64 lower-case hexadecimal digits"},
      {"quay.io/a@sha256:B" + kDigest.substr(8),
       "has a bad digest: expected 'sha256:' and 64 lower-case hexadecimal digits"},
      {"quay.io/a:@" + kDigest, "has an empty tag"},
      {"quay.io/a:" + std::string(129, 't') + "@" + kDigest,
       "has a tag that is not one: up to 128 of letters, digits, '_', '.' and '-'"},
      {"quay.io/a:.x@" + kDigest,
       "has a tag that is not one: up to 128 of letters, digits, '_', '.' and '-'"},
      {"quay.io:0/a@" + kDigest, "has a port that is not a number from 1 to 65535"},
      {"quay.io:65536/a@" + kDigest, "has a port that is not a number from 1 to 65535"},
      {"quay.io:/a@" + kDigest, "has a port that is not a number from 1 to 65535"},
      {"[fd00::1]:0/a@" + kDigest, "has a port that is not a number from 1 to 65535"},
      {"[fd00::1]x/a@" + kDigest, "has a port that is not a number from 1 to 65535"},
      {"[fd00::1/a@" + kDigest, "has a registry host that is not an IPv6 address in brackets"},
      {"[fe80::1-eth0]/a@" + kDigest,
       "has a registry host that is not an IPv6 address in brackets"},
      {"[]/a@" + kDigest, "has a registry host that is not an IPv6 address in brackets"},
      {"quay..io/a@" + kDigest, "has a registry host that is not a host name"},
      {"quay_1.io/a@" + kDigest, "has a registry host that is not a host name"},
      {long_path, "has a name longer than 255 bytes"},
  };
  for (const auto& row : table)
    EXPECT_EQ(refusal(row.text), concat("'", printable(row.text, 512), "' ", row.reason));
}

TEST(ImageRef, NeverShowsWhatMayBeAPassword) {
  for (const auto& text : std::vector<std::string>{
           "user:hunter2@quay.io/a@" + kDigest, std::string("user:hunter2@quay.io/a"),
           std::string("user:hunter2@quay.io"), "https://user:hunter2@quay.io/a@" + kDigest,
           std::string("https://user:hunter2@quay.io"),
           std::string("docker://u:hunter2@quay.io/a:v1"),
           std::string("user:hun/hunter2@quay.io/a"), std::string("user:hunter2@quay.io/a b")}) {
    const auto message = refusal(text);
    EXPECT_TRUE(message.starts_with("the image reference ")) << message;
    EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
  }
}

TEST(ImageRef, IsTheSameImageUnderTheNameOfAMirror) {
  const auto image = ImageRef::parse("quay.io/a/b:v1@" + kDigest);
  ASSERT_TRUE(image.ok());
  const auto mirrored = image->with_repository("[fd00::1]:5000/mirror/b");
  ASSERT_TRUE(mirrored.ok()) << mirrored.error().message();
  EXPECT_EQ(mirrored->str(), "[fd00::1]:5000/mirror/b:v1@" + kDigest);
  EXPECT_EQ(mirrored->digest(), image->digest());
}

TEST(ImageRef, RefusesAMirrorThatIsMoreThanARepository) {
  for (const auto& tag : std::vector<std::string>{"", ":v1"}) {
    const auto image = ImageRef::parse("quay.io/a" + tag + "@" + kDigest);
    ASSERT_TRUE(image.ok());
    for (const auto& repository :
         std::vector<std::string>{"m.io/b:v2", "m.io/b@" + kDigest.substr(0), "m.io", "",
                                  "http://m.io/b", "m.io/b/", "u@m.io/b"})
      EXPECT_FALSE(image->with_repository(repository).ok()) << repository;
  }
}

}  // namespace
}  // namespace pivotd
