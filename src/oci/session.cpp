#include "oci/session.h"

#include <algorithm>

#include "pivotd/base/log.h"
#include "pivotd/base/text.h"

#include "oci/certs.h"
#include "oci/credentials.h"
#include "oci/proxy.h"
#include "oci/registries_conf.h"

namespace pivotd::oci {

namespace {

AuthSearch auth_search(const RegistryOptions& options) {
  if (options.auth_file)
    return {.files = {*options.auth_file}, .absent = AuthSearch::Absent::kIsAnError};
  return {.files = options.auth_files, .absent = AuthSearch::Absent::kIsPassedOver};
}

bool is_listed(const std::vector<std::string>& hosts, const std::string& host) {
  return std::ranges::find(hosts, host) != hosts.end();
}

Result<std::unique_ptr<Endpoint>> make_endpoint(const RegistryOptions& options, HttpClient& client,
                                                const ProxyVariables& proxies,
                                                const PhysicalSource& source) {
  const auto& host = source.reference.host();
  if (source.blocked)
    return Error(Errc::kDenied, concat("blocked by registries.conf: ", source.why));
  const auto search = auth_search(options);
  auto credentials = TRY(find_credentials(search, source.reference.repository())
                             .context("looking for the pull secret"));
  auto certificates = TRY(find_certificates(options.certs_directories, host)
                              .context("reading the registry's certificates"));
  const auto trust = is_listed(options.insecure, host) ? Trust::kInsecure : source.trust;
  return std::make_unique<Endpoint>(
      Transport(client, host, trust, std::move(certificates), proxies), source.reference.path(),
      std::move(credentials), search.str());
}

std::string name_of(const PhysicalSource& source) {
  return concat(source.is_mirror ? "mirror '" : "'", source.reference.repository(), "'");
}

// What is wrong with an answer before its body is read.
std::optional<Error> check_head(const HttpHead& head, const Session::Wanted& wanted) {
  if (head.status != 200)
    return Error(Errc::kTransient,
                 concat(wanted.what, ": answered ", head.status, " to a plain request"));
  const auto length = head.content_length();
  if (!length) return std::nullopt;
  if (wanted.size && *length != *wanted.size) {
    return Error(Errc::kIntegrity, concat(wanted.what, " is sent with ", *length, " bytes, but ",
                                          *wanted.size, " were declared"));
  }
  if (!wanted.size && *length > wanted.limit)
    return Error(Errc::kInvalid,
                 concat(wanted.what, " is larger than the limit of ", wanted.limit, " bytes"));
  return std::nullopt;
}

std::optional<Error> check_body(const std::string& body, const Session::Wanted& wanted) {
  if (wanted.size && body.size() != *wanted.size) {
    return Error(Errc::kIntegrity, concat(wanted.what, " has ", body.size(), " bytes, but ",
                                          *wanted.size, " were declared"));
  }
  const auto found = Digest::of(body);
  if (found == wanted.digest) return std::nullopt;
  return Error(Errc::kIntegrity, concat(wanted.what, " has the wrong digest: expected ",
                                        wanted.digest.str(), ", found ", found.str()));
}

// As read_all(), but one byte more than declared is a lie of the server, not a limit of ours.
Result<std::string> read_body(HttpResponse& response, const Session::Wanted& wanted,
                              const Stop& stop) {
  if (!wanted.size) return read_all(response, wanted.limit, wanted.what, stop);
  auto body = read_all(response, *wanted.size, wanted.what, stop);
  if (!body.ok() && body.error().code() == Errc::kInvalid) {
    return Error(Errc::kIntegrity, concat(wanted.what, " is longer than the ", *wanted.size,
                                          " bytes that were declared"));
  }
  return body;
}

}  // namespace

Result<Session> Session::open(const RegistryOptions& options, HttpClient& client,
                              const ImageRef& reference) {
  const auto conf =
      TRY(RegistriesConf::load(options.registries_conf, options.registries_conf_directory)
              .context("reading the registries' configuration"));
  for (const auto& warning : conf.warnings()) log::debug(warning);
  const auto sources = TRY(conf.sources(reference));
  const auto proxies = TRY(read_proxy_variables(options.environment, options.proxy_env));
  Session session(options.retry);
  for (const auto& source : sources) {
    auto endpoint = make_endpoint(options, client, proxies, source);
    Place place{.name = name_of(source), .endpoint = {}, .unusable = {}};
    if (endpoint.ok()) {
      place.endpoint = std::move(endpoint).value();
    } else {
      place.unusable = std::move(endpoint).error();
    }
    session.places_.push_back(std::move(place));
  }
  return session;
}

SourceWalk Session::walk() const {
  std::vector<SourceWalk::Source> sources;
  for (const auto& place : places_)
    sources.push_back({.name = place.name, .unusable = place.unusable});
  return {retry_, std::move(sources), preferred_};
}

Result<Session::Fetched> Session::fetch(const Wanted& wanted, const Stop& stop) {
  auto sources = walk();
  TRY(sources.check_usable());
  for (;;) {
    auto outcome = fetch_once(*endpoint(sources.current()), wanted, stop);
    if (auto* fetched = std::get_if<Fetched>(&outcome)) {
      prefer(sources.current());
      return std::move(*fetched);
    }
    TRY(sources.failed(std::get<Failure>(outcome), 0, stop));
  }
}

std::variant<Session::Fetched, Failure> Session::fetch_once(Endpoint& endpoint,
                                                            const Wanted& wanted,
                                                            const Stop& stop) {
  auto outcome = endpoint.get({.resource = wanted.resource, .headers = wanted.headers}, stop);
  if (auto* failure = std::get_if<Failure>(&outcome)) return std::move(*failure);
  auto& response = *std::get<std::unique_ptr<HttpResponse>>(outcome);
  if (auto problem = check_head(response.head(), wanted))
    return Failure{.error = *std::move(problem), .retry_after = {}};
  auto body = read_body(response, wanted, stop);
  if (!body.ok()) return Failure{.error = std::move(body).error(), .retry_after = {}};
  if (auto problem = check_body(*body, wanted))
    return Failure{.error = *std::move(problem), .retry_after = {}};
  return Fetched{.body = std::move(body).value(),
                 .content_type = std::string(response.head().header("content-type").value_or(""))};
}

}  // namespace pivotd::oci
