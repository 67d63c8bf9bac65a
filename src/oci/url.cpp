#include "oci/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

#include "pivotd/base/text.h"

namespace pivotd::oci {

namespace {

constexpr std::size_t kLongestUrl = 8 * 1024;
constexpr std::size_t kLongestHost = 255;

std::uint16_t default_port(Scheme scheme) {
  return scheme == Scheme::kHttps ? 443 : 80;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_alnum(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9');
}

// Bytes that no URL has: what is left to do with them differs between readers, so nobody gets to.
bool has_forbidden_byte(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte >= 0x7F || c == '\\' || c == '"' || c == '<' || c == '>';
  });
}

Error wrong(std::string_view text, std::string_view why) {
  return {Errc::kInvalid, concat("the URL '", shown_url(text), "' ", why)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool is_ipv6(std::string_view bracketed) {
  if (bracketed.size() < 4 || bracketed.back() != ']') return false;
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(bracketed.substr(1, bracketed.size() - 2)).c_str(),
                     &address) == 1;
}

bool is_host(std::string_view host) {
  if (host.empty() || host.size() > kLongestHost) return false;
  if (host.front() == '[') return is_ipv6(host);
  return is_alnum(host.front()) && std::ranges::all_of(host, [](char c) {
           return is_alnum(c) || c == '.' || c == '-' || c == '_';
         });
}

struct Authority {
  std::string host;
  std::uint16_t port;
};

Result<Authority> parse_authority(std::string_view text, Scheme scheme, std::string_view url) {
  if (text.find('@') != std::string_view::npos)
    return wrong(url, "has a user name, which is not accepted");
  const auto bracket = text.rfind(']');
  const auto colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const auto host = has_port ? text.substr(0, colon) : text;
  if (!is_host(host)) return wrong(url, "has no valid host");
  Authority authority{.host = std::string(host), .port = default_port(scheme)};
  std::ranges::transform(authority.host, authority.host.begin(), lower);
  if (has_port) {
    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return wrong(url, "has a port that is not a number from 1 to 65535");
    authority.port = *port;
  }
  return authority;
}

bool starts_with_folded(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                    [](char a, char b) { return a == lower(b); });
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > kLongestUrl)
    return wrong(text, concat("is longer than ", kLongestUrl, " bytes"));
  if (has_forbidden_byte(text)) return wrong(text, "has a character that no URL has");
  std::optional<Scheme> scheme;
  if (starts_with_folded(text, "https://")) scheme = Scheme::kHttps;
  if (starts_with_folded(text, "http://")) scheme = Scheme::kHttp;
  if (!scheme) return wrong(text, "is not an absolute http or https URL");
  auto rest = text.substr(text.find("//") + 2);
  rest = rest.substr(0, rest.find('#'));
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  auto authority = TRY(parse_authority(rest.substr(0, end), *scheme, text));
  std::string target(rest.substr(end));
  if (target.empty() || target.front() != '/') target.insert(target.begin(), '/');
  return Url(*scheme, std::move(authority.host), authority.port, std::move(target));
}

Result<Url> Url::of(Scheme scheme, std::string_view host, std::string_view target) {
  return parse(concat(name_of(scheme), "://", host, target));
}

Result<Url> Url::resolve(std::string_view reference) const {
  const auto origin = concat(name_of(scheme_), "://", authority());
  if (reference.empty()) return wrong(reference, "is empty");
  if (reference.starts_with("//")) return parse(concat(name_of(scheme_), ":", reference));
  if (reference.front() == '/') return parse(concat(origin, reference));
  const auto path_end = std::min(target_.find('?'), target_.size());
  if (reference.front() == '?')
    return parse(concat(origin, target_.substr(0, path_end), reference));
  // A scheme comes before anything that could be a path: "file:///etc/passwd" must not become one.
  const auto delimiter = reference.find_first_of(":/?#");
  if (delimiter != std::string_view::npos && reference[delimiter] == ':') return parse(reference);
  const auto directory = target_.substr(0, target_.substr(0, path_end).rfind('/') + 1);
  return parse(concat(origin, directory, reference));
}

std::string Url::authority() const {
  return port_ == default_port(scheme_) ? host_ : concat(host_, ":", port_);
}

bool Url::is_link_local() const {
  if (host_.starts_with("169.254.")) return true;
  if (host_.front() != '[') return false;
  std::array<unsigned char, 16> address{};
  const auto literal = host_.substr(1, host_.size() - 2);
  if (::inet_pton(AF_INET6, literal.c_str(), address.data()) != 1) return false;
  const bool is_mapped = address[10] == 0xFF && address[11] == 0xFF && address[0] == 0;
  if (is_mapped) return address[12] == 169 && address[13] == 254;
  return address[0] == 0xFE && (address[1] & 0xC0U) == 0x80U;
}

std::string Url::str() const {
  return concat(name_of(scheme_), "://", authority(), target_);
}

std::string Url::shown() const {
  return shown_url(str());
}

bool Url::same_origin(const Url& other) const {
  return scheme_ == other.scheme_ && host_ == other.host_ && port_ == other.port_;
}

Url Url::with_parameter(std::string_view name, std::string_view value) const {
  auto copy = *this;
  copy.target_ += target_.find('?') == std::string::npos ? '?' : '&';
  copy.target_ += concat(percent_encode(name), "=", percent_encode(value));
  return copy;
}

std::string_view name_of(Scheme scheme) {
  return scheme == Scheme::kHttps ? "https" : "http";
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_alnum(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

std::string shown_url(std::string_view text) {
  std::string out(text.substr(0, text.find_first_of("?#")));
  const auto start = out.find("//");
  const auto host = start == std::string::npos ? 0 : start + 2;
  // Everything up to the last '@' before the path: a password may hold an '@' itself.
  const auto path = std::min(out.find('/', host), out.size());
  const auto at = out.rfind('@', path);
  if (at != std::string::npos && at >= host && at < path) out.erase(host, at + 1 - host);
  return printable(out);
}

}  // namespace pivotd::oci
