#pragma once
// The http and https URLs we talk to. Parsed strictly by us, because a redirect or a token realm is
// text of a server that may be hostile: no other scheme, no userinfo, no control character.

#include <cstdint>
#include <string>
#include <string_view>

#include "pivotd/base/result.h"

namespace pivotd::oci {

enum class Scheme { kHttp, kHttps };

class Url {
 public:
  // kInvalid says what is wrong; the text itself is quoted without its query.
  static Result<Url> parse(std::string_view text);
  // https://<host><target>; `host` is a registry's, with or without a port. `target` begins with
  // '/'.
  static Result<Url> of(Scheme scheme, std::string_view host, std::string_view target);

  // What `reference` (a Location header) means at this URL.
  Result<Url> resolve(std::string_view reference) const;

  Scheme scheme() const { return scheme_; }
  const std::string& host() const { return host_; }  // lower case; "[fd00::1]" for IPv6
  std::uint16_t port() const { return port_; }
  std::string authority() const;  // the host, and the port where it is not the scheme's own
  // An IPv4 169.254.0.0/16 or IPv6 fe80::/10 literal: where clouds keep their metadata services.
  bool is_link_local() const;

  std::string str() const;    // for the wire: may hold a signature in its query
  std::string shown() const;  // for people: without the query
  bool same_origin(const Url& other) const;

  // The same URL with "name=value" added to its query, percent-encoded.
  Url with_parameter(std::string_view name, std::string_view value) const;

 private:
  Url(Scheme scheme, std::string host, std::uint16_t port, std::string target)
      : scheme_(scheme), host_(std::move(host)), port_(port), target_(std::move(target)) {}

  Scheme scheme_;
  std::string host_;
  std::uint16_t port_;
  std::string target_;  // path and query, begins with '/'
};

std::string_view name_of(Scheme scheme);

// What everything but letters, digits and "-._~" is in a query or a form: %XX.
std::string percent_encode(std::string_view text);

// Text for errors: a URL, well formed or not, without userinfo, query and fragment.
std::string shown_url(std::string_view text);

}  // namespace pivotd::oci
