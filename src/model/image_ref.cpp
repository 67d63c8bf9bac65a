#include "pivotd/model/image_ref.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

constexpr std::size_t kMaxLength = 512;
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxTag = 128;

// What other tools put in front of a reference to say where it lives.
constexpr std::array<std::string_view, 12> kTransports{"docker:",
                                                       "docker-archive:",
                                                       "docker-daemon:",
                                                       "oci:",
                                                       "oci-archive:",
                                                       "dir:",
                                                       "containers-storage:",
                                                       "ostree:",
                                                       "ostree-unverified-registry:",
                                                       "ostree-unverified-image:",
                                                       "ostree-remote-image:",
                                                       "pivot:"};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c);
}

// Whether someone may have written credentials into it: "user:password@host/...". Such text is
// never shown.
bool may_hold_a_secret(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
    text.remove_prefix(scheme + 3);
  const auto at = text.find('@');
  if (at == std::string_view::npos) return false;
  return text.find('/', at) != std::string_view::npos ||
         (at < text.find('/') && !text.substr(at + 1).starts_with("sha"));
}

Error refuse(std::string_view text, std::string_view why) {
  const std::string shown = may_hold_a_secret(text) ? "the image reference"
                                                    : concat("'", printable(text, kMaxLength), "'");
  return Error(Errc::kInvalid, concat(shown, " ", why));
}

// The parts of "host/path[:tag]@digest", borrowed from the text.
struct Parts {
  std::string_view host;
  std::string_view path;
  std::optional<std::string_view> tag;
  std::string_view digest;
};

// Reasons are what follows "'<reference>' ..."; empty is none.
using Reason = std::string_view;

Reason problem_of_bytes(std::string_view text) {
  if (text.empty()) return "is empty: write 'host/path@sha256:...'";
  if (text.size() > kMaxLength) return "is longer than 512 bytes";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) return "has white space or a control character in it";
    if (byte >= 0x80) return "has a character in it that is not ASCII";
    if (c == '%') return "has a percent escape in it: write the name as it is";
  }
  if (text.find("://") != std::string_view::npos)
    return "starts with a scheme: write it without, 'host/path@sha256:...'";
  const auto starts = [text](std::string_view prefix) { return text.starts_with(prefix); };
  // "oci:5000/repo" is a registry named 'oci'; "oci:/tmp/x" and "dir:path" are not.
  const auto transport = std::find_if(kTransports.begin(), kTransports.end(), starts);
  if (transport != kTransports.end() &&
      (text.size() == transport->size() || !is_digit(text[transport->size()])))
    return "starts with a transport: write it without, 'host/path@sha256:...'";
  return {};
}

Reason problem_of_shape(std::string_view text) {
  const auto at = text.find('@');
  const auto slash = text.find('/');
  if (slash != std::string_view::npos && at < slash)
    return "has a user name or password in it: credentials belong into the pull secret";
  if (at == std::string_view::npos)
    return "is not pinned by a digest: write 'host/path@sha256:...', a tag may change under it";
  if (text.find('@', at + 1) != std::string_view::npos) return "has more than one '@'";
  const auto digest = text.substr(at + 1);
  if (digest.starts_with("sha384:") || digest.starts_with("sha512:"))
    return "has a sha384 or sha512 digest: only sha256 is supported";
  if (slash == std::string_view::npos || slash > at)
    return "does not name both registry and repository: write 'host/path@sha256:...' in full";
  return {};
}

Parts split_parts(std::string_view text) {
  const auto at = text.find('@');
  const auto name = text.substr(0, at);
  const auto slash = std::min(name.find('/'), name.size());
  Parts parts{.host = name.substr(0, slash),
              .path = name.substr(std::min(slash + 1, name.size())),
              .tag = std::nullopt,
              .digest = text.substr(at + 1)};
  const auto colon = parts.path.find(':');
  if (colon != std::string_view::npos) {
    parts.tag = parts.path.substr(colon + 1);
    parts.path = parts.path.substr(0, colon);
  }
  return parts;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit))
    return false;
  int port = 0;
  for (const char c : text) port = 10 * port + (c - '0');
  return port >= 1 && port <= 65535;
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_domain_name(std::string_view text) {
  for (const auto& label : split(text, '.')) {
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; }))
      return false;
  }
  return true;
}

Reason problem_of_host(std::string_view host) {
  constexpr Reason kBadPort = "has a port that is not a number from 1 to 65535";
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos || !is_ipv6(std::string(host.substr(1, end - 1))))
      return "has a registry host that is not an IPv6 address in brackets";
    const auto rest = host.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return kBadPort;
    return {};
  }
  if (host.find_first_of(".:") == std::string_view::npos && host != "localhost")
    return "does not name its registry: write 'host/path@sha256:...' in full, with a '.' or a port "
           "in the host";
  const auto colon = host.find(':');
  if (!is_domain_name(host.substr(0, colon))) return "has a registry host that is not a host name";
  if (colon != std::string_view::npos && !is_port(host.substr(colon + 1))) return kBadPort;
  return {};
}

// Runs of [a-z0-9] joined by one '.', one or two '_', or any number of '-'.
bool is_path_component(std::string_view text) {
  while (true) {
    const auto run = std::find_if_not(text.begin(), text.end(),
                                      [](char c) { return is_lower(c) || is_digit(c); });
    if (run == text.begin()) return false;
    text.remove_prefix(static_cast<std::size_t>(run - text.begin()));
    if (text.empty()) return true;
    const auto length = std::min(text.find_first_not_of(text.front()), text.size());
    const bool good = (text.front() == '.' && length == 1) ||
                      (text.front() == '_' && length <= 2) || text.front() == '-';
    if (!good) return false;
    text.remove_prefix(length);
  }
}

Reason problem_of_path(std::string_view path) {
  if (path.empty()) return "does not name a repository: write 'host/path@sha256:...'";
  for (const auto& component : split(path, '/')) {
    if (component.empty()) return "has an empty part in its path ('//', or '/' at an end)";
    if (component == "." || component.find("..") != std::string::npos)
      return "has '.' or '..' as a part of its path";
    if (std::any_of(component.begin(), component.end(), is_upper))
      return "has an upper-case letter in its path: repository names are lower case";
    if (!is_path_component(component))
      return "has a path that is not made of lower-case letters and digits, joined by '.', '_', "
             "'__' or '-'";
  }
  return {};
}

Reason problem_of_tag(const std::optional<std::string_view>& tag) {
  if (!tag) return {};
  if (tag->empty()) return "has an empty tag";
  const auto is_word = [](char c) { return is_alnum(c) || c == '_'; };
  const bool good = tag->size() <= kMaxTag && is_word(tag->front()) &&
                    std::all_of(tag->begin(), tag->end(),
                                [&](char c) { return is_word(c) || c == '.' || c == '-'; });
  return good ? Reason()
              : Reason("has a tag that is not one: up to 128 of letters, digits, '_', '.' and '-'");
}

}  // namespace

Result<ImageRef> ImageRef::parse(std::string_view text) {
  if (const auto why = problem_of_bytes(text); !why.empty()) return refuse(text, why);
  if (const auto why = problem_of_shape(text); !why.empty()) return refuse(text, why);
  const auto parts = split_parts(text);
  if (const auto why = problem_of_host(parts.host); !why.empty()) return refuse(text, why);
  if (const auto why = problem_of_path(parts.path); !why.empty()) return refuse(text, why);
  if (const auto why = problem_of_tag(parts.tag); !why.empty()) return refuse(text, why);
  if (parts.host.size() + 1 + parts.path.size() > kMaxName)
    return refuse(text, "has a name longer than 255 bytes");
  const auto digest = Digest::parse(parts.digest);
  if (!digest.ok())
    return refuse(text,
                  "has a bad digest: expected 'sha256:' and 64 lower-case hexadecimal digits");
  std::optional<std::string> tag;
  if (parts.tag) tag = std::string(*parts.tag);
  return ImageRef(std::string(text), std::string(parts.host), std::string(parts.path),
                  std::move(tag), *digest);
}

Result<ImageRef> ImageRef::with_repository(std::string_view repository) const {
  const auto tag = tag_ ? concat(":", *tag_) : std::string();
  auto moved = TRY(parse(concat(repository, tag, "@", digest_.str())));
  // A tag of its own would have been taken for a part of the reference.
  if (moved.repository() != repository || moved.tag_ != tag_)
    return refuse(repository, "is not the name of a repository: write 'host/path'");
  return moved;
}

}  // namespace pivotd
