#pragma once
// One place an image may be had from: logs in, follows, and says what went wrong in words an
// administrator can act on.

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "oci/authorizer.h"
#include "oci/transport.h"

namespace pivotd::oci {

// An attempt that failed. kTransient is worth another one here, everything else is not.
struct Failure {
  Error error;
  std::optional<std::chrono::seconds> retry_after;  // as the server asked
};

class Endpoint {
 public:
  Endpoint(Transport transport, std::string path, std::optional<Credentials> credentials,
           std::string searched);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  struct Request {
    std::string resource;  // "blobs/sha256:..."
    std::vector<std::string> headers;
  };
  using Outcome = std::variant<std::unique_ptr<HttpResponse>, Failure>;
  // The answer is of status 200, 206 or 416; everything else is a failure.
  Outcome get(const Request& request, const Stop& stop);

 private:
  Result<void> find_scheme(const Stop& stop);
  Outcome get_logged_in(const Request& request, const Stop& stop);
  Failure refused(Exchanged& exchanged, const Url& asked, const Stop& stop) const;

  Transport transport_;
  std::string path_;
  Authorizer authorizer_;
  std::optional<Scheme> scheme_;
};

}  // namespace pivotd::oci
