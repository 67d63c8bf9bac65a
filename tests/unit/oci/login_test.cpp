// Logging in: Basic, Bearer, anonymous tokens, and where credentials must never go.

#include <algorithm>

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

#include "faulty_registry.h"
#include "oci/authorizer.h"
#include "scratch_directory.h"

namespace pivotd::oci {
namespace {

using namespace fakes;

constexpr std::string_view kPassword = "canary-password-4711";
constexpr std::string_view kToken = "canary.token-0815";

std::string auth_file_for(std::string_view host) {
  return concat(R"({"auths":{")", host, R"(":{"auth":")", encode_base64(concat("user:", kPassword)),
                R"("}}})");
}

RegistryOptions with_login(const FaultyRegistry& registry, const ScratchDirectory& scratch) {
  auto options = options_for({registry.host()});
  options.auth_file = scratch.write("auth.json", auth_file_for(registry.host()));
  return options;
}

std::string basic() {
  return concat("Basic ", encode_base64(concat("user:", kPassword)));
}

void challenge(HttpServerConnection& connection, std::string_view value,
               std::string_view body = "") {
  connection.respond(401, {concat("WWW-Authenticate: ", value)}, body);
}

// A registry that wants tokens of its own "/token".
class TokenRegistry {
 public:
  using Answer = std::function<std::string(int nth)>;  // the token server's body

  explicit TokenRegistry(Answer answer = {}, std::string challenge_more = "")
      : answer_(std::move(answer)),
        more_(std::move(challenge_more)),
        registry_({}, [this](const auto& request, auto& connection, int nth) {
          return handle(request, connection, nth);
        }) {}

  FaultyRegistry& registry() { return registry_; }
  int accepts_from = 0;  // the first token that is good
  std::string realm;     // "" for its own

 private:
  bool handle(const HttpServerRequest& request, HttpServerConnection& connection, int) {
    if (wants(request, "/token")) {
      const auto nth = tokens_++;
      connection.respond(200, {}, answer_ ? answer_(nth) : token(nth));
      return true;
    }
    if (request.target == "/v2/") return false;
    for (int nth = accepts_from; nth < tokens_; ++nth)
      if (request.header("authorization") == concat("Bearer ", kToken, nth)) return false;
    const auto own = concat("http://", registry_.host(), "/token");
    challenge(connection, concat("Bearer realm=\"", realm.empty() ? own : realm,
                                 "\",service=\"the service\"", more_));
    return true;
  }

 public:
  static std::string token(int nth) {
    return concat(R"({"token":")", kToken, nth, R"(","expires_in":300})");
  }

 private:
  Answer answer_;
  std::string more_;
  std::atomic<int> tokens_{0};
  FaultyRegistry registry_;
};

TEST(Login, WorksWithBasic) {
  const ScratchDirectory scratch;
  FaultyRegistry registry({}, [](const auto& request, auto& connection, int) {
    if (request.target == "/v2/" || request.header("authorization") == basic()) return false;
    challenge(connection, "Negotiate, Basic realm=\"x\"");
    return true;
  });
  const auto pulled = registry.pull_it(with_login(registry, scratch));
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  EXPECT_TRUE(*pulled == registry.layers());
  // Only the first request had to be asked for its credentials.
  EXPECT_EQ(registry.server().requests_for("manifests").size(), 2U);
  EXPECT_EQ(registry.server().requests_for("blobs").size(), 3U);
}

TEST(Login, WorksWithATokenForCredentials) {
  const ScratchDirectory scratch;
  TokenRegistry tokens;
  auto& registry = tokens.registry();
  const auto pulled = registry.pull_it(with_login(registry, scratch));
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  const auto asked = registry.server().requests_for("/token");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].target,
            "/token?account=user&service=the%20service&scope=repository%3Ans%2Fos%3Apull");
  EXPECT_EQ(asked[0].header("authorization"), basic());
}

TEST(Login, WorksWithAnAnonymousToken) {
  TokenRegistry tokens;
  const auto pulled = tokens.registry().pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  const auto asked = tokens.registry().server().requests_for("/token");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].target, "/token?service=the%20service&scope=repository%3Ans%2Fos%3Apull");
  EXPECT_EQ(asked[0].header("authorization"), "");
}

TEST(Login, SendsAnIdentityTokenAsAForm) {
  const ScratchDirectory scratch;
  TokenRegistry tokens;
  auto options = options_for({tokens.registry().host()});
  options.auth_file = scratch.write("auth.json", concat(R"({"auths":{")", tokens.registry().host(),
                                                        R"(":{"identitytoken":"id&ent=ity"}}})"));
  const auto pulled = tokens.registry().pull_it(options);
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  const auto asked = tokens.registry().server().requests_for("/token");
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].method, "POST");
  EXPECT_EQ(asked[0].target, "/token");
  EXPECT_EQ(asked[0].body,
            "grant_type=refresh_token&client_id=pivotd&service=the%20service&scope="
            "repository%3Ans%2Fos%3Apull&refresh_token=id%26ent%3Dity");
}

TEST(Login, RenewsATokenThatIsRefusedInTheMiddle) {
  const auto layer = Content().layers[0];
  std::atomic<int> tokens{0};
  std::atomic<bool> is_old{false};
  std::string host;
  FaultyRegistry registry({}, [&](const auto& request, auto& connection, int) {
    if (request.target == "/v2/") return false;
    if (wants(request, "/token")) {
      connection.respond(200, {}, TokenRegistry::token(tokens++));
      return true;
    }
    const auto good = concat("Bearer ", kToken, is_old ? 1 : 0);
    if (request.header("authorization") != good) {
      challenge(connection, concat("Bearer realm=\"http://", host, "/token\""));
      return true;
    }
    if (!wants(request, Digest::of(layer).str()) || !request.header("range").empty()) return false;
    is_old = true;
    connection.send(concat("HTTP/1.1 200 OK\r\nContent-Length: ", layer.size(), "\r\n\r\n"));
    connection.send(layer.substr(0, 100'000));
    connection.close();
    return true;
  });
  host = registry.host();
  const auto pulled = registry.pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  EXPECT_TRUE(*pulled == registry.layers());
  EXPECT_EQ(tokens, 2);
}

TEST(Login, StopsWhenEveryTokenIsRefused) {
  TokenRegistry tokens;
  tokens.accepts_from = 1'000;
  const auto pulled = tokens.registry().pull_it();
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), Errc::kDenied);
  EXPECT_EQ(tokens.registry().server().requests_for("/token").size(), 1U);
}

TEST(Login, AsksForMoreScopeOnce) {
  TokenRegistry tokens({}, ",scope=\"other:scope\",error=\"insufficient_scope\"");
  tokens.accepts_from = 1'000;
  const auto pulled = tokens.registry().pull_it();
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), Errc::kDenied);
  const auto asked = tokens.registry().server().requests_for("/token");
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_NE(asked[1].target.find("&scope=other%3Ascope"), std::string::npos);
}

struct RealmCase {
  std::string_view realm;
  Errc expected;
};

TEST(Login, RefusesRealmsThatAreNotOurs) {
  for (const auto& [realm, expected] : std::vector<RealmCase>{
           {"file:///etc/passwd", Errc::kDenied},
           {"/relative/token", Errc::kDenied},
           {"gopher://127.0.0.1/", Errc::kDenied},
           {"http://user:pw@127.0.0.1/t", Errc::kDenied},
           {"http://169.254.169.254/latest/meta-data", Errc::kDenied},
           {"http://127.0.0.1:1/t", Errc::kTransient},
       }) {
    SCOPED_TRACE(realm);
    TokenRegistry tokens;
    tokens.realm = realm;
    const auto pulled = tokens.registry().pull_it();
    ASSERT_FALSE(pulled.ok());
    EXPECT_EQ(pulled.error().code(), expected) << pulled.error().message();
  }
}

TEST(Login, DoesNotBelieveWhatATokenServerSays) {
  for (const auto& body :
       std::vector<std::string>{"", "<html>", "[]", "{}", R"({"token":""})", R"({"token":7})",
                                R"({"token":"a\r\nX-Evil: 1"})", R"({"token":"a b"})",
                                R"({"token":"t","expires_in":"300"})", std::string(2'000'000, ' '),
                                R"({"token":")" + std::string(100'000, 't') + "\"}"}) {
    SCOPED_TRACE(body.substr(0, 60));
    TokenRegistry tokens([&](int) { return body; });
    const auto pulled = tokens.registry().pull_it();
    ASSERT_FALSE(pulled.ok());
    EXPECT_EQ(pulled.error().code(), Errc::kTransient) << pulled.error().message();
  }
}

TEST(Tokens, LiveAtLeastAMinuteAndAtMostADay) {
  using std::chrono::seconds;
  const auto lifetime = [](std::string_view expires) {
    return parse_token(concat(R"({"access_token":"t")", expires, "}"))->lifetime;
  };
  EXPECT_EQ(lifetime(""), seconds(60));
  EXPECT_EQ(lifetime(R"(,"expires_in":300)"), seconds(300));
  EXPECT_EQ(lifetime(R"(,"expires_in":1)"), seconds(60));
  EXPECT_EQ(lifetime(R"(,"expires_in":0)"), seconds(60));
  EXPECT_EQ(lifetime(R"(,"expires_in":-1)"), seconds(60));
  EXPECT_EQ(lifetime(R"(,"expires_in":1e18)"), seconds(86'400));
  EXPECT_EQ(lifetime(R"(,"expires_in":18446744073709551615)"), seconds(86'400));
  EXPECT_EQ(lifetime(R"(,"expires_in":null)"), seconds(60));
  EXPECT_EQ(parse_token(R"({"token":"a","access_token":"b"})")->value, Secret("a"));
}

TEST(Login, SaysWhoseCredentialsWereRefusedAndNeverWhich) {
  const ScratchDirectory scratch;
  FaultyRegistry registry({}, [](const auto& request, auto& connection, int) {
    if (request.target == "/v2/") return false;
    // A server that repeats what it was sent.
    challenge(connection, "Basic realm=\"x\"",
              concat(R"({"errors":[{"code":"UNAUTHORIZED","message":"you said )",
                     request.header("authorization"), " and ", kPassword, R"("}]})"));
    return true;
  });
  const auto options = with_login(registry, scratch);
  const auto pulled = registry.pull_it(options);
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), Errc::kDenied);
  const auto message = pulled.error().message();
  EXPECT_NE(
      message.find(concat("answered 401: UNAUTHORIZED: you said Basic *** and ***; asked with "
                          "the credentials of '",
                          registry.host(), "' in '", options.auth_file->string(), "'")),
      std::string::npos)
      << message;
  EXPECT_EQ(message.find("canary"), std::string::npos) << message;
  EXPECT_EQ(message.find(encode_base64(concat("user:", kPassword))), std::string::npos) << message;
}

TEST(Login, SaysWhereNoCredentialsWereFound) {
  const ScratchDirectory scratch;
  FaultyRegistry registry({}, [](const auto& request, auto& connection, int) {
    if (request.target == "/v2/") return false;
    challenge(connection, "Basic realm=\"x\"");
    return true;
  });
  auto options = options_for({registry.host()});
  options.auth_files = {scratch.path() / "a.json", scratch.path() / "b.json"};
  const auto pulled = registry.pull_it(options);
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), Errc::kDenied);
  EXPECT_NE(pulled.error().message().find(concat("without credentials (none found in: '",
                                                 scratch.path().string(), "/a.json', '")),
            std::string::npos)
      << pulled.error().message();
}

TEST(Login, KeepsCredentialsFromWhereItIsRedirected) {
  const ScratchDirectory scratch;
  FaultyRegistry elsewhere;
  FaultyRegistry registry({}, [&](const auto& request, auto& connection, int) {
    if (request.target == "/v2/") return false;
    if (request.header("authorization").empty()) {
      challenge(connection, "Basic realm=\"x\"");
    } else if (wants(request, "blobs")) {
      connection.respond(307, {concat("Location: http://", elsewhere.host(), request.target)}, "");
    } else {
      return false;
    }
    return true;
  });
  const auto pulled = registry.pull_it(with_login(registry, scratch));
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  const auto seen = elsewhere.server().requests();
  ASSERT_EQ(seen.size(), 3U);
  for (const auto& request : seen) {
    EXPECT_EQ(request.header("authorization"), "");
    EXPECT_EQ(request.header("referer"), "");
    EXPECT_EQ(request.header("cookie"), "");
  }
}

TEST(Login, ReturnsToTheRegistryWhenASignedUrlWentStale) {
  const auto layer = Content().layers[0];
  FaultyRegistry elsewhere({}, [](const auto&, auto& connection, int nth) {
    if (nth == 0) connection.respond_status(403);
    return nth == 0;
  });
  FaultyRegistry registry(
      {}, on(Digest::of(layer).str(), [&](const auto& request, auto& c) {
        c.respond(302, {concat("Location: http://", elsewhere.host(), request.target)}, "");
      }));
  const auto pulled = registry.pull_it();
  ASSERT_TRUE(pulled.ok()) << pulled.error().message();
  EXPECT_EQ(elsewhere.server().requests().size(), 2U);
}

TEST(Login, NamesTheFileThatCannotBeRead) {
  const ScratchDirectory scratch;
  FaultyRegistry registry;
  auto options = options_for({registry.host()});
  options.auth_file = scratch.write("auth.json", "{\n  \"auths\": {,}\n}");
  const auto pulled = registry.pull_it(options);
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), Errc::kInvalid);
  EXPECT_NE(pulled.error().message().find(options.auth_file->string()), std::string::npos);
  EXPECT_NE(pulled.error().message().find("line 2"), std::string::npos) << pulled.error().message();
  EXPECT_TRUE(registry.server().requests().empty());
}

}  // namespace
}  // namespace pivotd::oci
