#include "oci/transport.h"

#include "pivotd/base/text.h"

namespace pivotd::oci {

namespace {

constexpr int kMostRedirects = 5;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<Url> redirect_target(const HttpHead& head, const Url& from) {
  const auto location = head.header("location");
  if (!location)
    return Error(Errc::kTransient, concat("'", from.shown(), "': a redirect without a target"));
  auto target = from.resolve(*location);
  if (!target.ok()) {
    return Error(
        Errc::kDenied,
        concat("'", from.shown(), "': refused to follow a redirect: ", target.error().message()));
  }
  return target;
}

}  // namespace

std::string network_host(std::string_view registry_host) {
  return registry_host == "docker.io" ? "registry-1.docker.io" : std::string(registry_host);
}

Transport::Transport(HttpClient& client, std::string host, Trust trust,
                     HostCertificates certificates, ProxyVariables proxies)
    : client_(client),
      host_(std::move(host)),
      trust_(trust),
      certificates_(std::move(certificates)),
      proxies_(std::move(proxies)) {}

Result<void> Transport::check_target(const Url& url, std::string_view role) const {
  if (url.scheme() == Scheme::kHttp && trust_ != Trust::kInsecure) {
    return Error(Errc::kDenied, concat(role, " '", url.shown(),
                                       "' is plain HTTP, which is refused for a registry that is "
                                       "not marked insecure"));
  }
  const auto own = Url::of(url.scheme(), network_host(host_), "/");
  const bool is_own_host = own.ok() && own->host() == url.host();
  if (url.is_link_local() && !is_own_host)
    return Error(Errc::kDenied, concat(role, " '", url.shown(), "' is a link-local address"));
  return {};
}

// What an administrator allowed for the registry's host and port is not meant for where it sends
// us.
Tls Transport::tls_for(const Url& url) const {
  Tls tls;
  tls.extra_roots = certificates_.roots;
  const auto own = Url::of(url.scheme(), network_host(host_), "/");
  if (!own.ok() || !own->same_origin(url)) return tls;
  if (trust_ == Trust::kInsecure) tls.verification = Tls::Verification::kNone;
  tls.certificate = certificates_.certificate;
  tls.key = certificates_.key;
  return tls;
}

Result<HttpRequest> Transport::prepare(const Request& request, const Url& url) const {
  auto proxy = TRY(choose_proxy(proxies_, url));
  HttpRequest prepared{.url = url,
                       .headers = request.headers,
                       .authorization = {},
                       .form = request.form,
                       .tls = tls_for(url),
                       .proxy = std::move(proxy.server)};
  if (request.url.same_origin(url)) prepared.authorization = request.authorization;
  return prepared;
}

Result<Exchanged> Transport::send(const Request& request, const Stop& stop) const {
  auto url = request.url;
  for (int hops = 0; hops <= kMostRedirects; ++hops) {
    const auto prepared = TRY(prepare(request, url));
    auto response = TRY(client_.send(prepared, stop));
    if (!is_redirect(response->head().status))
      return Exchanged{.response = std::move(response), .url = std::move(url)};
    if (request.form)
      return Error(Errc::kDenied, concat("'", url.shown(),
                                         "': refused to send credentials where it redirects to"));
    auto target = TRY(redirect_target(response->head(), url));
    TRY(check_target(target, "the redirect target"));
    url = std::move(target);
  }
  return Error(Errc::kTransient,
               concat("'", request.url.shown(), "': more than ", kMostRedirects, " redirects"));
}

}  // namespace pivotd::oci
