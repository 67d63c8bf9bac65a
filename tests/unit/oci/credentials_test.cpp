#include "oci/credentials.h"

#include <gtest/gtest.h>

#include "scratch_directory.h"

namespace pivotd::oci {
namespace {

struct Case {
  std::string_view file;
  std::string_view repository;
  std::string expected;  // "user:password", "token:...", "none", or the error
};

std::string look_up(std::string_view text, std::string_view repository) {
  const auto file = AuthFile::parse(text, "auth.json");
  if (!file.ok()) return file.error().message();
  const auto found = file->find(repository);
  if (!found.ok()) return found.error().message();
  if (!*found) return "none";
  if ((*found)->identity_token) return "token:" + (*found)->identity_token->reveal();
  return (*found)->username + ":" + (*found)->password.reveal();
}

TEST(Credentials, AreFoundAsPodmanFindsThem) {
  constexpr std::string_view kPlain = R"({"auths":{"example.org":{"auth":"ZXhhbXBsZTpvcmc="}}})";
  constexpr std::string_view kUrls = R"({"auths":{
    "https://index.docker.io/v1":{"auth":"aW5kZXg6ZG9ja2VyLmlv"},
    "https://127.0.0.1:5000":{"auth":"MTI3LjA6MC4xLTUwMDA="},
    "http://localhost":{"auth":"bG9jYWw6aG9zdA=="},
    "https://localhost:5001":{"auth":"bG9jYWw6aG9zdC01MDAx"},
    "localhost:5000":{"auth":"bG9jYWw6aG9zdC01MDAw"}}})";
  constexpr std::string_view kNamespaces = R"({"auths":{
    "r.io":{"auth":"aDpo"}, "r.io/a":{"auth":"YTph"}, "r.io/a/b":{"auth":"YjpiCg=="},
    "r.io/hidden":{}, "r.io/c:tag":{"auth":"dDp0"}}})";
  const std::vector<Case> cases{
      {kPlain, "example.org", "example:org"},
      {kPlain, "example.org/any/repo", "example:org"},
      {kPlain, "registry.example.org/x", "none"},
      {kPlain, "Example.org", "none"},
      {kPlain, "example.org:443", "none"},
      {kPlain, "example.orgx/y", "none"},
      {kUrls, "docker.io/library/x", "index:docker.io"},
      {kUrls, "localhost:5000/x", "local:host-5000"},
      {kUrls, "localhost/x", "local:host"},
      {kUrls, "localhost:5001/x", "local:host-5001"},
      {kUrls, "127.0.0.1:5000/x", "127.0:0.1-5000"},
      {kNamespaces, "r.io/x", "h:h"},
      {kNamespaces, "r.io/a/x", "a:a"},
      {kNamespaces, "r.io/ab", "h:h"},
      {kNamespaces, "r.io/hidden/x", "none"},
      {kNamespaces, "r.io/c", "h:h"},
      {kNamespaces, "r.io/a/b",
       "'auth.json', entry 'r.io/a/b' (line 2): control characters in the credentials"},
      {"{}", "r.io/a", "none"},
      {R"({"auths":null})", "r.io/a", "none"},
      {R"({"auths":{"r.io":{"auth":"dTpwOnE6cg=="}}})", "r.io/a", "u:p:q:r"},
      {R"({"auths":{"r.io":{"auth":"dTo="}}})", "r.io/a", "u:"},
      {R"({"auths":{"r.io":{"auth":"dTpwAAA="}}})", "r.io/a", "u:p"},
      {R"({"auths":{"r.io":{"auth":"anVzdHVzZXI="}}})", "r.io/a", "none"},
      {R"({"auths":{"r.io":{"identitytoken":"tok"}}})", "r.io/a", "token:tok"},
      {R"({"auths":{"r.io":{"auth":"dTpw","identitytoken":"tok"}}})", "r.io/a", "token:tok"},
      {R"({"auths":{"r.io":{"auth":"dXNlcjpw\nYXNzd29yZC1sb25nLWVub3VnaA=="}}})", "r.io/a",
       "user:password-long-enough"},
      {R"({"auths":{"r.io/":{"auth":"dTpw"}}})", "r.io/a", "none"},
      {R"({"auths":{"https://r.io/v2/":{"auth":"dTpw"}}})", "r.io/a", "u:p"},
      {R"({"auths":{"https://r.io/ns/repo":{"auth":"dTpw"}}})", "r.io/other", "u:p"},
      {R"({"auths":{"http://r.io:5000":{"auth":"dTpw"}}})", "r.io/a", "none"},
      {R"({"auths":{"*.corp.example":{"auth":"dTpw"}}})", "a.corp.example/x", "u:p"},
      {R"({"auths":{"*.corp.example":{"auth":"dTpw"}}})", "a.b.corp.example/x", "none"},
      {R"({"auths":{"*.corp.example":{"auth":"dTpw"}}})", "corp.example/x", "none"},
      {R"({"credHelpers":{"r.io":"x"}})", "other.io/a", "none"},
      {R"({"credHelpers":{"r.io":"x"}})", "r.io/a",
       "'auth.json' leaves 'r.io' to a credential helper, which pivotd does not run: put the "
       "credentials into 'auths'"},
      {R"({"auths":{"r.io":{"auth":"dTr7__4_"}}})", "r.io/a",
       "'auth.json', entry 'r.io' (line 1): 'auth' is not base64 (standard alphabet, padded)"},
      {R"({"auths":{"r.io":{"auth":"dTpw="}}})", "r.io/a",
       "'auth.json', entry 'r.io' (line 1): 'auth' is not base64 (standard alphabet, padded)"},
  };
  for (const auto& [file, repository, expected] : cases) {
    SCOPED_TRACE(std::string(repository) + " in " + std::string(file));
    EXPECT_EQ(look_up(file, repository), expected);
  }
}

TEST(Credentials, RefuseAFileThatIsNone) {
  for (const std::string_view text :
       {"", "[]", "null", "{", R"({"auths":[]})", R"({"auths":{"a":"b"}})", R"({"auths":{},})",
        "\xEF\xBB\xBF{}", R"({"auths":{},"auths":{}})", R"({"credHelpers":[]})"}) {
    SCOPED_TRACE(text);
    const auto file = AuthFile::parse(text, "auth.json");
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code(), Errc::kInvalid);
    EXPECT_NE(file.error().message().find("'auth.json'"), std::string::npos);
  }
}

TEST(Credentials, AreSearchedFileByFile) {
  const fakes::ScratchDirectory scratch;
  const auto first = scratch.write("1.json", R"({"auths":{"r.io/a":{}, "q.io":{"auth":"cTpx"}}})");
  const auto second = scratch.write("2.json", R"({"auths":{"r.io":{"auth":"dTpw"}}})");
  const AuthSearch search{.files = {scratch.path() / "absent", first, second}};
  const auto found = find_credentials(search, "r.io/a/b");
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->file, second.string());
  EXPECT_EQ((*found)->key, "r.io");
  EXPECT_FALSE(find_credentials(search, "other.io/x")->has_value());
}

TEST(Credentials, OfAnExplicitFileMustBeThere) {
  const fakes::ScratchDirectory scratch;
  const auto found = find_credentials(
      {.files = {scratch.path() / "absent"}, .absent = AuthSearch::Absent::kIsAnError}, "r.io/a");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code(), Errc::kNotFound);
}

TEST(Credentials, StopAtAFileThatIsBroken) {
  const fakes::ScratchDirectory scratch;
  const auto broken = scratch.write("1.json", "{\n\"auths\": {\n");
  const auto good = scratch.write("2.json", R"({"auths":{"r.io":{"auth":"dTpw"}}})");
  const auto found = find_credentials({.files = {broken, good}}, "r.io/a");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code(), Errc::kInvalid);
  EXPECT_NE(found.error().message().find(broken.string()), std::string::npos);
}

TEST(Base64, GoesBothWays) {
  std::string all;
  for (int length = 0; length < 70; ++length) {
    EXPECT_EQ(decode_base64(encode_base64(all)), all);
    all += static_cast<char>(length * 37);
  }
  EXPECT_EQ(encode_base64("Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  for (const std::string_view text : {"a", "ab", "abc", "ab=c", "====", "ab==cd==", "ab c", "-_-_"})
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pivotd::oci
