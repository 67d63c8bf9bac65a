#include "oci/challenge.h"

#include <gtest/gtest.h>

namespace pivotd::oci {
namespace {

using Parameters = std::map<std::string, std::string>;

struct Case {
  std::string_view line;
  std::vector<Challenge> expected;
};

TEST(Challenges, AreReadByTheGrammarOfHttp) {
  const std::vector<Case> cases{
      {R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull")",
       {{"bearer",
         "",
         {{"realm", "https://auth.docker.io/token"},
          {"service", "registry.docker.io"},
          {"scope", "repository:library/busybox:pull"}}}}},
      {R"(Bearer realm="https://a/t",other=fun,slashed="he\"\l\lo")",
       {{"bearer", "", {{"realm", "https://a/t"}, {"other", "fun"}, {"slashed", "he\"llo"}}}}},
      {R"(BASIC REALM="Sonatype Nexus")", {{"basic", "", {{"realm", "Sonatype Nexus"}}}}},
      {R"(basic realm=foo)", {{"basic", "", {{"realm", "foo"}}}}},
      {R"(Bearer)", {{"bearer", "", {}}}},
      {"Bearer ", {{"bearer", "", {}}}},
      {R"(Basic realm="x", Bearer realm="https://a/t",service=s)",
       {{"basic", "", {{"realm", "x"}}},
        {"bearer", "", {{"realm", "https://a/t"}, {"service", "s"}}}}},
      {R"(Negotiate, Basic realm="x")", {{"negotiate", "", {}}, {"basic", "", {{"realm", "x"}}}}},
      {R"(NTLM TlRMTVNTUAAC==, Basic realm="x")",
       {{"ntlm", "TlRMTVNTUAAC==", {}}, {"basic", "", {{"realm", "x"}}}}},
      {R"(, ,Basic realm = "x" , ,)", {{"basic", "", {{"realm", "x"}}}}},
      {R"(Bearer realm="https://a/t?x=1&y=2",service="a b, c=d")",
       {{"bearer", "", {{"realm", "https://a/t?x=1&y=2"}, {"service", "a b, c=d"}}}}},
      {"", {}},
      {" , ", {}},
  };
  for (const auto& [line, expected] : cases) {
    SCOPED_TRACE(line);
    const auto challenges = parse_challenges(line);
    ASSERT_TRUE(challenges.ok()) << challenges.error().message();
    EXPECT_EQ(*challenges, expected);
  }
}

TEST(Challenges, AreRefusedWhenTheyAreNone) {
  for (const std::string_view line : {
           R"(Bearer realm="https://a/t)",
           R"(Bearer realm="https://a/t\")",
           R"(Bearer realm="https://a/t\)",
           R"(Bearer realm="https://a/t",realm="https://evil/t")",
           R"(Bearer realm="https://a/t",REALM="https://evil/t")",
           R"(Bearer realm=https://a/t)",
           R"(Bearer service=s,realm=)",
           R"(Bearer =x)",
           R"(Bearer "x")",
           R"(Bearer realm="a" service="b")",
           R"("Bearer" realm="a")",
           "Bearer realm=\"a\r\nX-Evil: 1\"",
           "Bearer realm=\"a\x01\"",
           "Bearer realm=\"a\x7f\"",
       }) {
    SCOPED_TRACE(line);
    const auto challenges = parse_challenges(line);
    ASSERT_FALSE(challenges.ok());
    EXPECT_EQ(challenges.error().code(), Errc::kInvalid);
  }
}

TEST(Challenges, HaveLimits) {
  EXPECT_FALSE(parse_challenges("Bearer realm=\"" + std::string(1024 * 1024, 'x') + "\"").ok());
  std::string many = "Basic";
  for (int i = 0; i < 100; ++i) many += ", Basic";
  EXPECT_FALSE(parse_challenges(many).ok());
  std::string parameters = "Basic realm=x";
  for (int i = 0; i < 100; ++i) parameters += ",p" + std::to_string(i) + "=x";
  EXPECT_FALSE(parse_challenges(parameters).ok());
}

TEST(Challenges, ChooseBearerBeforeBasicAndNothingElse) {
  using Lines = std::vector<std::string_view>;
  const auto scheme = [](const Lines& lines) {
    const auto chosen = choose_challenge(lines);
    return chosen ? chosen->scheme : std::string("none");
  };
  EXPECT_EQ(scheme({R"(Basic realm="x", Bearer realm="https://a/t")"}), "bearer");
  EXPECT_EQ(scheme({"Negotiate", "Basic realm=x", R"(Bearer realm="y")"}), "bearer");
  EXPECT_EQ(scheme({"Negotiate", "Basic realm=x"}), "basic");
  EXPECT_EQ(scheme({"Negotiate, Digest realm=x"}), "none");
  EXPECT_EQ(scheme({}), "none");
  EXPECT_EQ(scheme({"Bearer realm=\"unterminated", "Basic realm=x"}), "basic");
}

}  // namespace
}  // namespace pivotd::oci
