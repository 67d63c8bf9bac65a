#include "oci/authorizer.h"

#include <algorithm>

#include "pivotd/base/json.h"
#include "pivotd/base/text.h"

#include "oci/error_body.h"

namespace pivotd::oci {

namespace {

using std::chrono::seconds;

constexpr std::uint64_t kLargestAnswer = 1024 * 1024;
constexpr std::size_t kLongestToken = 48 * 1024;
constexpr seconds kShortestLifetime{60};
constexpr seconds kLongestLifetime{24 * 60 * 60};
constexpr seconds kMargin{30};

// Visible ASCII: what else there was would write its own headers.
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kLongestToken &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

std::optional<seconds> lifetime_of(const json::Value* value) {
  if (value == nullptr || value->is_null()) return kShortestLifetime;
  double number = 0;
  if (const auto* integer = std::get_if<std::int64_t>(&value->content())) {
    number = static_cast<double>(*integer);
  } else if (const auto* positive = std::get_if<std::uint64_t>(&value->content())) {
    number = static_cast<double>(*positive);
  } else if (const auto* real = std::get_if<double>(&value->content())) {
    number = *real;
  } else {
    return std::nullopt;
  }
  const auto bounded = std::clamp(number, static_cast<double>(kShortestLifetime.count()),
                                  static_cast<double>(kLongestLifetime.count()));
  return seconds(static_cast<std::int64_t>(bounded));
}

Error nonsense(std::string_view why) {
  return {Errc::kTransient, concat("the token server's answer ", why)};
}

std::vector<std::string_view> challenge_lines(const HttpHead& head) {
  return head.all("www-authenticate");
}

std::string schemes_of(const HttpHead& head) {
  std::vector<std::string> names;
  for (const auto line : challenge_lines(head)) {
    const auto challenges = parse_challenges(line);
    if (!challenges.ok()) return challenges.error().message();
    for (const auto& challenge : *challenges) names.push_back(printable(challenge.scheme, 40));
  }
  return names.empty() ? "it names none" : concat("it names: ", join(names, ", "));
}

}  // namespace

Result<Token> parse_token(std::string_view body) {
  const auto document =
      json::parse(body, "the token server's answer", {.bytes = kLargestAnswer, .depth = 16});
  if (!document.ok()) return nonsense(concat("is not JSON: ", document.error().message()));
  const auto text_of = [&](std::string_view key) -> std::string_view {
    const auto* value = document->find(key);
    const auto* text = value == nullptr ? nullptr : value->string();
    return text == nullptr ? std::string_view() : std::string_view(*text);
  };
  const auto text = text_of("token").empty() ? text_of("access_token") : text_of("token");
  if (text.empty()) return nonsense("has no token");
  if (!is_token(text)) return nonsense("has a token that no header can hold");
  const auto lifetime = lifetime_of(document->find("expires_in"));
  if (!lifetime) return nonsense("has an 'expires_in' that is no number");
  return Token{.value = Secret(std::string(text)), .lifetime = *lifetime};
}

bool asks_for_more_scope(const HttpHead& head) {
  const auto challenge = choose_challenge(challenge_lines(head));
  return challenge && challenge->scheme == "bearer" &&
         challenge->parameter("error") == "insufficient_scope";
}

Authorizer::Authorizer(const Transport& transport, std::string path,
                       std::optional<Credentials> credentials, std::string searched)
    : transport_(transport),
      path_(std::move(path)),
      credentials_(std::move(credentials)),
      searched_(std::move(searched)) {}

bool Authorizer::is_fresh() const {
  if (!token_) return false;
  const auto age = std::chrono::steady_clock::now() - received_;
  const auto margin = std::max<std::chrono::nanoseconds>(kMargin, token_->lifetime / 10);
  return age + margin < token_->lifetime;
}

Result<std::optional<Secret>> Authorizer::authorization(const Stop& stop) {
  if (!challenge_) return std::optional<Secret>();
  if (challenge_->scheme == "basic") return std::optional(credentials_->basic());
  if (!is_fresh()) TRY(fetch_token(stop));
  return std::optional(Secret("Bearer " + token_->value.reveal()));
}

Result<void> Authorizer::answer(const HttpHead& head, const Stop& stop) {
  const auto challenge = choose_challenge(challenge_lines(head));
  if (!challenge) {
    return Error(Errc::kDenied,
                 concat("'", transport_.host(), "' wants a login of a kind pivotd does not know (",
                        schemes_of(head), ")"));
  }
  const bool has_password = credentials_ && !credentials_->username.empty();
  if (challenge->scheme == "basic" && !has_password) {
    return Error(Errc::kDenied,
                 concat("'", transport_.host(), "' wants a user name and password for '", path_,
                        "'; ", describe()));
  }
  if (challenge->scheme == "basic") {
    challenge_ = challenge;
    return {};
  }
  if (challenge->parameter("error") == "insufficient_scope")
    extra_scope_ = challenge->parameter("scope").value_or("");
  // Kept only when it led to a token: the next request would else fetch one for nothing.
  challenge_ = challenge;
  token_.reset();
  auto fetched = fetch_token(stop);
  if (!fetched.ok()) challenge_.reset();
  return fetched;
}

Result<void> Authorizer::fetch_token(const Stop& stop) {
  const auto request = TRY(token_request());
  const auto doing = concat("getting a token from '", request.url.shown(), "'");
  auto exchanged = TRY(transport_.send(request, stop).context(doing));
  token_ = TRY(read_token(std::move(exchanged), stop).context(doing));
  received_ = std::chrono::steady_clock::now();
  return {};
}

Result<Transport::Request> Authorizer::token_request() const {
  const auto realm = challenge_->parameter("realm");
  if (!realm)
    return Error(Errc::kTransient, concat("'", transport_.host(), "' names no token server"));
  const auto url = Url::parse(*realm);
  if (!url.ok()) return Error(Errc::kDenied, concat("the token server: ", url.error().message()));
  TRY(transport_.check_target(*url, "the token server"));
  const auto service = challenge_->parameter("service").value_or("");
  const auto scope = concat("repository:", path_, ":pull");
  if (credentials_ && credentials_->identity_token) {
    auto form =
        concat("grant_type=refresh_token&client_id=pivotd&service=", percent_encode(service),
               "&scope=", percent_encode(scope));
    form += "&refresh_token=" + percent_encode(credentials_->identity_token->reveal());
    return Transport::Request{
        .url = *url, .headers = {}, .authorization = {}, .form = Secret(std::move(form))};
  }
  auto target = *url;
  if (credentials_ && !credentials_->username.empty())
    target = target.with_parameter("account", credentials_->username);
  if (!service.empty()) target = target.with_parameter("service", service);
  target = target.with_parameter("scope", scope);
  if (!extra_scope_.empty() && extra_scope_ != scope)
    target = target.with_parameter("scope", extra_scope_);
  Transport::Request request{.url = target, .headers = {}, .authorization = {}, .form = {}};
  if (credentials_ && !credentials_->username.empty() && !credentials_->password.empty())
    request.authorization = credentials_->basic();
  return request;
}

Result<Token> Authorizer::read_token(Exchanged exchanged, const Stop& stop) const {
  auto& response = *exchanged.response;
  const auto status = response.head().status;
  if (status == 200) {
    const auto body = read_all(response, kLargestAnswer, "the token server's answer", stop);
    if (body.ok()) return parse_token(*body);
    // Too long is the server's fault, not that of an input of ours.
    if (body.error().code() == Errc::kInvalid) return nonsense(concat("is too long"));
    return body.error();
  }
  const auto said = describe_error_body(read_error_body(response, stop), secrets());
  TRY(check(stop));
  const auto text = concat("it answered ", status, said.empty() ? "" : ": ", said);
  if (status == 400 || status == 401 || status == 403)
    return Error(Errc::kDenied, concat(text, "; asked ", describe()));
  return Error(Errc::kTransient, text);
}

std::string Authorizer::describe() const {
  if (!credentials_) return concat("without credentials (none found in: ", searched_, ")");
  return concat("with the credentials of '", printable(credentials_->key), "' in '",
                credentials_->file, "'");
}

std::vector<Secret> Authorizer::secrets() const {
  std::vector<Secret> all;
  if (token_) all.push_back(token_->value);
  if (!credentials_) return all;
  if (!credentials_->password.empty()) all.push_back(credentials_->password);
  const auto basic = credentials_->basic();
  all.emplace_back(basic.reveal().substr(std::string_view("Basic ").size()));
  if (credentials_->identity_token) all.push_back(*credentials_->identity_token);
  return all;
}

}  // namespace pivotd::oci
