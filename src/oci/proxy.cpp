#include "oci/proxy.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

#include "oci/header_values.h"

namespace pivotd::oci {

namespace {

constexpr std::uint64_t kLargestFile = 1024 * 1024;

// An address as 16 bytes: IPv4 in its mapped form, so that both are compared alike.
using Address = std::array<unsigned char, 16>;

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  Address address{};
  if (::inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) return address;
  address = {};
  address[10] = address[11] = 0xFF;
  if (::inet_pton(AF_INET, copy.c_str(), address.data() + 12) == 1) return address;
  return std::nullopt;
}

bool is_loopback(const Address& address) {
  Address v6{};
  v6[15] = 1;
  const bool is_v4 = address[10] == 0xFF && address[11] == 0xFF && address[0] == 0;
  return address == v6 || (is_v4 && address[12] == 127);
}

std::string_view without_brackets(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) return host.substr(1, host.size() - 2);
  return host;
}

// "10.0.0.0/16"; none when it is no network.
struct Network {
  Address base;
  unsigned bits;  // of the 128

  bool contains(const Address& address) const {
    for (unsigned bit = 0; bit < bits; ++bit) {
      const unsigned mask = 0x80U >> (bit % 8);
      if (((base.at(bit / 8) ^ address.at(bit / 8)) & mask) != 0) return false;
    }
    return true;
  }
};

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = parse_address(text.substr(0, slash));
  const auto bits = parse_number(text.substr(slash + 1));
  if (!base || !bits) return std::nullopt;
  const bool is_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  if (*bits > (is_v4 ? 32U : 128U)) return std::nullopt;
  return Network{.base = *base, .bits = static_cast<unsigned>(*bits) + (is_v4 ? 96U : 0U)};
}

struct HostPort {
  std::string_view host;
  std::string_view port;  // "" where none is written
};

HostPort split_host_port(std::string_view entry) {
  if (parse_address(entry))
    return {.host = entry, .port = {}};  // a bare IPv6 has colons of its own
  const auto colon = entry.rfind(':');
  const auto bracket = entry.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
    return {.host = without_brackets(entry), .port = {}};
  return {.host = without_brackets(entry.substr(0, colon)), .port = entry.substr(colon + 1)};
}

// golang.org/x/net/http/httpproxy: "x" is x and its sub-domains, ".x" and "*.x" the sub-domains
// only.
bool matches_name(std::string_view pattern, std::string_view host) {
  if (pattern.starts_with("*.")) pattern.remove_prefix(1);
  if (pattern.starts_with('.')) return host.size() > pattern.size() && host.ends_with(pattern);
  if (host == pattern) return true;
  return host.size() > pattern.size() && host.ends_with(pattern) &&
         host[host.size() - pattern.size() - 1] == '.';
}

bool matches(std::string_view entry, const Url& url) {
  if (entry == "*") return true;
  const auto host = without_brackets(url.host());
  const auto address = parse_address(host);
  if (const auto network = parse_network(entry)) return address && network->contains(*address);
  const auto [name, port] = split_host_port(entry);
  if (!port.empty() && port != std::to_string(url.port())) return false;
  if (name.empty()) return false;
  if (const auto literal = parse_address(name)) return address == literal;
  return !address && matches_name(name, host);
}

// Why the request goes direct; none when it does not.
std::optional<std::string> reason_for_direct(const ProxyVariables& variables, const Url& url) {
  const auto host = without_brackets(url.host());
  const auto address = parse_address(host);
  if (host == "localhost" || (address && is_loopback(*address))) return "loopback is always direct";
  for (const auto& field : split(variables.no_proxy, ',')) {
    const auto entry = lower_case(trimmed(field));
    if (!entry.empty() && matches(entry, url))
      return concat("NO_PROXY entry '", printable(entry), "'");
  }
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* digits = text.data() + i + 1;
    const auto [end, problem] = std::from_chars(digits, digits + 2, value, 16);
    if (problem != std::errc() || end != digits + 2 || value == 0) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

Error wrong(std::string_view variable, std::string_view why) {
  return {Errc::kInvalid, concat("the proxy in ", variable, " ", why)};
}

// Everything a proxy may be but http, https and socks5 is refused by name; user and password may
// hold an '@'.
Result<ProxyServer> parse_server(std::string_view text, std::string_view variable) {
  std::string_view scheme = "http";
  if (const auto mark = text.find("://"); mark != std::string_view::npos) {
    scheme = text.substr(0, mark);
    text.remove_prefix(mark + 3);
  }
  const auto folded = lower_case(scheme);
  if (folded != "http" && folded != "https" && folded != "socks5" && folded != "socks5h")
    return wrong(variable, "is neither http, https nor socks5");
  const auto path = text.find('/', text.rfind('@') == std::string_view::npos ? 0 : text.rfind('@'));
  text = text.substr(0, path);
  const auto at = text.rfind('@');
  const auto where = at == std::string_view::npos ? text : text.substr(at + 1);
  // The same grammar as any host and port of ours.
  const auto address = Url::of(Scheme::kHttp, where, "/");
  if (!address.ok()) return wrong(variable, "has no valid host and port");
  const auto colon = where.rfind(':');
  const bool has_port = colon != std::string_view::npos && !where.substr(colon).ends_with(']');
  const std::string port = has_port                      ? std::string(where.substr(colon + 1))
                           : folded == "https"           ? "443"
                           : folded.starts_with("socks") ? "1080"
                                                         : "80";
  // Go's socks5 lets the proxy resolve names, which the HTTP library calls socks5h.
  const std::string kind = folded == "socks5" ? "socks5h" : folded;
  ProxyServer server{
      .url = concat(kind, "://", address->host(), ":", port), .username = {}, .password = {}};
  if (at == std::string_view::npos) return server;
  const auto login = text.substr(0, at);
  const auto separator = std::min(login.find(':'), login.size());
  const auto username = percent_decode(login.substr(0, separator));
  const auto password =
      percent_decode(separator == login.size() ? "" : login.substr(separator + 1));
  if (!username || !password) return wrong(variable, "has a malformed %XX in its credentials");
  server.username = *username;
  server.password = Secret(*password);
  return server;
}

std::string unquoted(std::string_view value) {
  value = trimmed(value);
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

}  // namespace

ProxyVariables proxy_variables(const std::vector<std::string>& lines) {
  const auto value_of = [&](std::string_view upper, std::string_view lower) {
    for (const auto name : {upper, lower}) {
      // The last one counts, as in an environment file.
      for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
        if (line->starts_with(name) && line->size() > name.size() + 1 &&
            (*line)[name.size()] == '=')
          return line->substr(name.size() + 1);
      }
    }
    return std::string();
  };
  return {.http = value_of("HTTP_PROXY", "http_proxy"),
          .https = value_of("HTTPS_PROXY", "https_proxy"),
          .no_proxy = value_of("NO_PROXY", "no_proxy")};
}

Result<ProxyVariables> read_proxy_variables(const std::vector<std::string>& environment,
                                            const std::filesystem::path& file) {
  auto variables = proxy_variables(environment);
  if (!variables.empty() || file.empty()) return variables;
  const auto content =
      TRY(read_file_if_exists(file, kLargestFile).context("reading the proxy settings"));
  if (!content) return variables;
  std::vector<std::string> lines;
  for (const auto& line : split(*content, '\n')) {
    std::string_view text = line;
    if (text.ends_with('\r')) text.remove_suffix(1);
    text = trimmed(text);
    const auto equals = text.find('=');
    if (text.starts_with('#') || text.starts_with(';') || equals == std::string_view::npos)
      continue;
    lines.push_back(
        concat(trimmed(text.substr(0, equals)), "=", unquoted(text.substr(equals + 1))));
  }
  return proxy_variables(lines);
}

Result<ProxyChoice> choose_proxy(const ProxyVariables& variables, const Url& url) {
  const bool is_https = url.scheme() == Scheme::kHttps;
  const auto variable = is_https ? "HTTPS_PROXY" : "HTTP_PROXY";
  const auto& proxy = is_https ? variables.https : variables.http;
  if (trimmed(proxy).empty())
    return ProxyChoice{.server = {}, .reason = concat(variable, " is not set")};
  if (auto reason = reason_for_direct(variables, url))
    return ProxyChoice{.server = {}, .reason = *std::move(reason)};
  auto server = TRY(parse_server(trimmed(proxy), variable));
  return ProxyChoice{.server = std::move(server), .reason = variable};
}

}  // namespace pivotd::oci
