#include "oci/endpoint.h"

#include <ctime>

#include "pivotd/base/text.h"

#include "oci/error_body.h"
#include "oci/header_values.h"

namespace pivotd::oci {

namespace {

// Without a token, with one, and with one of more scope: what goes on after that goes on for ever.
constexpr int kMostLogins = 2;

bool is_answer(int status) {
  return status == 200 || status == 206 || status == 416;
}

Errc errc_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return Errc::kDenied;
    case 404:
    case 410:
      return Errc::kNotFound;
    case 408:
    case 429:
      return Errc::kTransient;
    default:
      return status >= 400 && status < 500 ? Errc::kInvalid : Errc::kTransient;
  }
}

}  // namespace

Endpoint::Endpoint(Transport transport, std::string path, std::optional<Credentials> credentials,
                   std::string searched)
    : transport_(std::move(transport)),
      path_(std::move(path)),
      authorizer_(transport_, path_, std::move(credentials), std::move(searched)) {
  if (transport_.trust() == Trust::kVerified) scheme_ = Scheme::kHttps;
}

Endpoint::Outcome Endpoint::get(const Request& request, const Stop& stop) {
  auto outcome = get_logged_in(request, stop);
  if (auto* failure = std::get_if<Failure>(&outcome)) {
    // A server may put into its answers what we sent it.
    failure->error = redacted(failure->error, authorizer_.secrets());
  }
  return outcome;
}

// An insecure registry is asked in TLS first, as the container tools do; anything but a registry's
// answer to that means plain HTTP.
Result<void> Endpoint::find_scheme(const Stop& stop) {
  const auto url = TRY(Url::of(Scheme::kHttps, network_host(transport_.host()), "/v2/"));
  const auto answer =
      transport_.send({.url = url, .headers = {}, .authorization = {}, .form = {}}, stop);
  TRY(check(stop));
  const bool is_https = answer.ok() && (answer->response->head().status == 200 ||
                                        answer->response->head().status == 401);
  scheme_ = is_https ? Scheme::kHttps : Scheme::kHttp;
  return {};
}

Endpoint::Outcome Endpoint::get_logged_in(const Request& request, const Stop& stop) {
  if (!scheme_) {
    auto found = find_scheme(stop);
    if (!found.ok()) return Failure{.error = std::move(found).error(), .retry_after = {}};
  }
  const auto url = Url::of(*scheme_, network_host(transport_.host()),
                           concat("/v2/", path_, "/", request.resource));
  if (!url.ok()) return Failure{.error = url.error(), .retry_after = {}};
  for (int logins = 0;; ++logins) {
    auto authorization = authorizer_.authorization(stop);
    if (!authorization.ok())
      return Failure{.error = std::move(authorization).error(), .retry_after = {}};
    auto exchanged = transport_.send(
        {.url = *url, .headers = request.headers, .authorization = *authorization, .form = {}},
        stop);
    if (!exchanged.ok()) return Failure{.error = std::move(exchanged).error(), .retry_after = {}};
    const auto& head = exchanged->response->head();
    if (is_answer(head.status)) return std::move(exchanged->response);
    const bool may_log_in = head.status == 401 && exchanged->url.same_origin(*url) &&
                            (logins == 0 || (logins < kMostLogins && asks_for_more_scope(head)));
    if (!may_log_in) return refused(*exchanged, *url, stop);
    auto answered = authorizer_.answer(head, stop);
    if (!answered.ok()) return Failure{.error = std::move(answered).error(), .retry_after = {}};
  }
}

Failure Endpoint::refused(Exchanged& exchanged, const Url& asked, const Stop& stop) const {
  const auto status = exchanged.response->head().status;
  const auto said =
      describe_error_body(read_error_body(*exchanged.response, stop), authorizer_.secrets());
  auto text =
      concat("'", exchanged.url.shown(), "' answered ", status, said.empty() ? "" : ": ", said);
  auto code = errc_of_status(status);
  if (status == 401 || status == 403) text += concat("; asked ", authorizer_.describe());
  // A signed URL that went stale: the registry makes a new one when it is asked again.
  const bool is_elsewhere = !exchanged.url.same_origin(asked);
  if (is_elsewhere && (status == 400 || code == Errc::kDenied)) code = Errc::kTransient;
  Failure failure{.error = Error(code, std::move(text)), .retry_after = {}};
  if (const auto after = exchanged.response->head().header("retry-after"))
    failure.retry_after = parse_retry_after(*after, std::time(nullptr));
  return failure;
}

}  // namespace pivotd::oci
