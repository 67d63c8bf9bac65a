#include "oci/url.h"

#include <gtest/gtest.h>

namespace pivotd::oci {
namespace {

TEST(Urls, AreReadAndWrittenInOneForm) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"https://quay.io/v2/", "https://quay.io/v2/"},
      {"HTTPS://Quay.IO:443/v2/", "https://quay.io/v2/"},
      {"http://a:80", "http://a/"},
      {"https://a:8443?x=y", "https://a:8443/?x=y"},
      {"https://[fd00::1]:5000/x#part", "https://[fd00::1]:5000/x"},
      {"https://a/../b/%2e", "https://a/../b/%2e"},
  };
  for (const auto& [text, expected] : cases) {
    SCOPED_TRACE(text);
    const auto url = Url::parse(text);
    ASSERT_TRUE(url.ok()) << url.error().message();
    EXPECT_EQ(url->str(), expected);
  }
}

TEST(Urls, AreRefusedWhenTheyCouldMeanSomethingElse) {
  for (const std::string_view text : {"file:///etc/passwd",
                                      "gopher://a/",
                                      "ftp://a/",
                                      "//a/b",
                                      "/a",
                                      "a",
                                      "",
                                      "https://",
                                      "https:///x",
                                      "https://user:pw@a/t",
                                      "https://a@b/",
                                      "https://a:0/",
                                      "https://a:70000/",
                                      "https://a:x/",
                                      "https://a b/",
                                      "https://a/b c",
                                      "https://a/b\r\nX: y",
                                      "https://a\\@b/",
                                      "https://[::1/",
                                      "https://[zz]/",
                                      "https://-a/",
                                      "https://a/\xC3\xA4",
                                      "https://a%00b/"}) {
    SCOPED_TRACE(text);
    const auto url = Url::parse(text);
    ASSERT_FALSE(url.ok());
    EXPECT_EQ(url.error().code(), Errc::kInvalid);
  }
  EXPECT_FALSE(Url::parse("https://a/" + std::string(10'000, 'x')).ok());
}

TEST(Urls, ResolveALocationWhereverItPoints) {
  const auto base = *Url::parse("https://reg.example:5000/v2/a/blobs/sha256:1?q=1");
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"https://cdn.example/x?sig=1", "https://cdn.example/x?sig=1"},
      {"http://cdn.example/x", "http://cdn.example/x"},
      {"//evil.example/x", "https://evil.example/x"},
      {"/other", "https://reg.example:5000/other"},
      {"other?y", "https://reg.example:5000/v2/a/blobs/other?y"},
      {"?y=2", "https://reg.example:5000/v2/a/blobs/sha256:1?y=2"},
      {"./a:b", "https://reg.example:5000/v2/a/blobs/./a:b"},
  };
  for (const auto& [location, expected] : cases) {
    SCOPED_TRACE(location);
    const auto url = base.resolve(location);
    ASSERT_TRUE(url.ok()) << url.error().message();
    EXPECT_EQ(url->str(), expected);
  }
  for (const std::string_view location :
       {"file:///etc/passwd", "javascript:alert(1)", "", "https://u:p@h/", "/a\r\nX: 1"}) {
    SCOPED_TRACE(location);
    EXPECT_FALSE(base.resolve(location).ok());
  }
}

TEST(Urls, AreShownWithoutSecrets) {
  EXPECT_EQ(Url::parse("https://a/b?X-Signature=secret")->shown(), "https://a/b");
  EXPECT_EQ(shown_url("https://user:p@ss@host/x?y#z"), "https://host/x");
  EXPECT_EQ(shown_url("user:pw@host/x"), "host/x");
  EXPECT_EQ(shown_url("https://host/a@b"), "https://host/a@b");
  EXPECT_EQ(shown_url("https://user:pw@host?x/y"), "https://host");
}

TEST(Urls, TellOriginsApart) {
  const auto same = [](std::string_view a, std::string_view b) {
    return Url::parse(a)->same_origin(*Url::parse(b));
  };
  EXPECT_TRUE(same("https://a/x", "https://A:443/y"));
  EXPECT_FALSE(same("https://a/x", "http://a/x"));
  EXPECT_FALSE(same("https://a/x", "https://a:5000/x"));
  EXPECT_FALSE(same("https://a/x", "https://sub.a/x"));
}

TEST(Urls, KnowLinkLocalAddresses) {
  for (const auto* text :
       {"http://169.254.169.254/", "http://[fe80::1]/", "http://[::ffff:169.254.1.1]/"})
    EXPECT_TRUE(Url::parse(text)->is_link_local()) << text;
  for (const auto* text : {"http://10.0.0.1/", "http://[fd00::1]/", "http://169-254.example/"})
    EXPECT_FALSE(Url::parse(text)->is_link_local()) << text;
}

TEST(Urls, EncodeParameters) {
  EXPECT_EQ(Url::parse("https://a/t?x=1")->with_parameter("service", "a b&c=d/é").str(),
            "https://a/t?x=1&service=a%20b%26c%3Dd%2F%C3%A9");
  EXPECT_EQ(Url::parse("https://a/t")->with_parameter("scope", "repository:a/b:pull").str(),
            "https://a/t?scope=repository%3Aa%2Fb%3Apull");
}

}  // namespace
}  // namespace pivotd::oci
