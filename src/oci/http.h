#pragma once
// HTTP/1.1 as a stream that is pulled: one request, its head, and a body that comes as fast as it
// is read. The only file that knows the HTTP library is http.cpp.
//
// No redirect is followed, no cookie kept, no environment variable or netrc file read, nothing
// decoded: what a request does is what it says.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/bytes.h"
#include "pivotd/base/result.h"
#include "pivotd/oci/registry.h"

#include "oci/http_head.h"
#include "oci/secret.h"
#include "oci/url.h"

namespace pivotd::oci {

struct Tls {
  enum class Verification {
    kVerified,
    kNone,  // for a registry the administrator marked insecure
  };
  Verification verification = Verification::kVerified;
  std::string extra_roots;                 // PEM, beside the system's
  std::optional<std::string> certificate;  // PEM of the client, with its key
  std::optional<Secret> key;
};

struct ProxyServer {
  std::string url;  // scheme://host:port, nothing else
  std::string username;
  Secret password;

  bool operator==(const ProxyServer&) const = default;
};

struct HttpRequest {
  Url url;
  std::vector<std::string> headers;     // "Accept: application/json"; nothing secret
  std::optional<Secret> authorization;  // the whole value of that header
  std::optional<Secret> form;           // present: POST of this form
  Tls tls;
  std::optional<ProxyServer> proxy;
};

// The body. A connection that breaks, stalls or ends too early is kTransient.
class HttpResponse : public ByteSource {
 public:
  virtual const HttpHead& head() const = 0;
};

class HttpClient {
 public:
  HttpClient(const Timeouts& timeouts, std::string user_agent);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends the request and waits for the head of the answer, whatever its status. kTransient when
  // the network or the server breaks, kDenied when a certificate or a proxy refuses, kCancelled.
  // The client must outlive the response.
  Result<std::unique_ptr<HttpResponse>> send(const HttpRequest& request, const Stop& stop);

 private:
  class Pool;
  class Exchange;
  std::unique_ptr<Pool> pool_;
};

}  // namespace pivotd::oci
