#pragma once
// One registry's way to the network: proxy and certificates are decided for every hop, redirects
// are followed by hand, and credentials go to where they belong only.

#include <memory>
#include <string>
#include <vector>

#include "oci/certs.h"
#include "oci/http.h"
#include "oci/proxy.h"
#include "oci/registries_conf.h"

namespace pivotd::oci {

struct Exchanged {
  std::unique_ptr<HttpResponse> response;
  Url url;  // that answered, after redirects
};

class Transport {
 public:
  // `host` is the registry's, as in the image's physical name. The client must outlive this.
  Transport(HttpClient& client, std::string host, Trust trust, HostCertificates certificates,
            ProxyVariables proxies);

  struct Request {
    Url url;
    std::vector<std::string> headers;
    std::optional<Secret> authorization;  // for the origin of `url`, and no other
    std::optional<Secret> form;           // POST; a redirect of it is refused
  };
  // Any status but a redirect's. kDenied on a redirect we do not follow (to plain HTTP from a
  // verified registry, to another scheme, to a link-local address), kTransient on a loop.
  Result<Exchanged> send(const Request& request, const Stop& stop) const;

  const std::string& host() const { return host_; }
  Trust trust() const { return trust_; }
  // Whether a URL a server names may be contacted.
  Result<void> check_target(const Url& url, std::string_view role) const;

 private:
  Result<HttpRequest> prepare(const Request& request, const Url& url) const;
  Tls tls_for(const Url& url) const;

  HttpClient& client_;
  std::string host_;
  Trust trust_;
  HostCertificates certificates_;
  ProxyVariables proxies_;
};

// docker.io is reached under another name.
std::string network_host(std::string_view registry_host);

}  // namespace pivotd::oci
