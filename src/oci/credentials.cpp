#include "oci/credentials.h"

#include <algorithm>
#include <array>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

#include "oci/header_values.h"

namespace pivotd::oci {

namespace {

constexpr std::uint64_t kLargestFile = 4U * 1024 * 1024;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// "r.io/a/b", "r.io/a", "r.io".
std::vector<std::string> keys_of(std::string_view repository) {
  std::vector<std::string> keys;
  for (;;) {
    keys.emplace_back(repository);
    const auto slash = repository.rfind('/');
    if (slash == std::string_view::npos) return keys;
    repository = repository.substr(0, slash);
  }
}

// The names of Docker's registry are one host.
std::string_view canonical_host(std::string_view host) {
  if (host == "docker.io" || host == "registry-1.docker.io") return "index.docker.io";
  return host;
}

// Keys that docker writes as URLs mean the whole host: "https://index.docker.io/v1/".
std::string_view host_of_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!key.starts_with(scheme)) continue;
    key.remove_prefix(scheme.size());
    return canonical_host(key.substr(0, key.find('/')));
  }
  return canonical_host(key);
}

// An extension, which the kubelet has and podman has not: "*.corp.example", one label.
bool matches_wildcard(std::string_view key, std::string_view host) {
  if (!key.starts_with("*.")) return false;
  const auto dot = host.find('.');
  return dot != std::string_view::npos && host.substr(dot + 1) == key.substr(2);
}

// Every control character would let a password write its own headers.
bool is_safe(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

Secret Credentials::basic() const {
  return Secret("Basic " + encode_base64(concat(username, ":", password.reveal())));
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const auto count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += k <= count ? kAlphabet[group >> (18U - 6U * k) & 63U] : '=';
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits),
                       [](char c) { return c != '\n' && c != '\r'; });
  if (digits.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && digits.ends_with('=')) {
    digits.pop_back();
    ++padding;
  }
  std::string out;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto value = kAlphabet.find(digits[i]);
    if (value == std::string_view::npos) return std::nullopt;
    group = group << 6U | static_cast<std::uint32_t>(value);
    if (i % 4 == 3) {
      for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>(group >> shift & 0xFFU);
      group = 0;
    }
  }
  if (padding == 1) {
    out += static_cast<char>(group >> 10U & 0xFFU);
    out += static_cast<char>(group >> 2U & 0xFFU);
  } else if (padding == 2) {
    out += static_cast<char>(group >> 4U & 0xFFU);
  }
  return out;
}

Result<AuthFile> AuthFile::parse(std::string_view text, std::string name) {
  auto document = TRY(json::parse(text, concat("'", name, "'"), {.bytes = kLargestFile}));
  const json::Cursor root(document);
  const auto named = concat("'", name, "'");
  const auto auths = TRY(root.optional_member("auths").context(named));
  if (auths) {
    const auto entries = TRY(auths->members().context(named));
    for (const auto& [key, entry] : entries)
      if (entry.value().object() == nullptr) return entry.expected("an object").context(named);
  }
  const auto helpers = TRY(root.optional_member("credHelpers").context(named));
  if (helpers) TRY(helpers->members().context(named));
  return AuthFile(std::move(document), std::move(name));
}

Result<std::optional<Credentials>> AuthFile::find(std::string_view repository) const {
  const auto host = repository.substr(0, repository.find('/'));
  const auto* helpers = document_.find("credHelpers");
  if (helpers != nullptr && helpers->find(host) != nullptr) {
    return Error(Errc::kUnsupported,
                 concat("'", name_, "' leaves '", host,
                        "' to a credential helper, which pivotd does not run: put the "
                        "credentials into 'auths'"));
  }
  const auto* auths = document_.find("auths");
  if (auths == nullptr || auths->object() == nullptr) return std::optional<Credentials>();
  for (const auto& key : keys_of(repository))
    if (const auto* entry = auths->find(key)) return read_entry(key, *entry);
  const auto canonical = canonical_host(host);
  for (const auto& [key, entry] : *auths->object())
    if (host_of_key(key) == canonical) return read_entry(key, entry);
  for (const auto& [key, entry] : *auths->object())
    if (matches_wildcard(key, host)) return read_entry(key, entry);
  return std::optional<Credentials>();
}

Result<std::optional<Credentials>> AuthFile::read_entry(const std::string& key,
                                                        const json::Value& entry) const {
  const json::Cursor cursor(entry);
  const auto where =
      concat("'", name_, "', entry '", printable(key), "' (line ", entry.line(), ")");
  const auto text_of = [&](std::string_view name) -> Result<std::string> {
    const auto member = TRY(cursor.optional_member(name).context(where));
    if (!member) return std::string();
    return member->string().context(where);
  };
  const auto auth = TRY(text_of("auth"));
  const auto identity = TRY(text_of("identitytoken"));
  if (auth.empty() && identity.empty()) return std::optional<Credentials>();
  const auto login = decode_base64(auth);
  if (!login) {
    return Error(Errc::kInvalid,
                 concat(where, ": 'auth' is not base64 (standard alphabet, padded)"));
  }
  if (!is_safe(identity)) return Error(Errc::kInvalid, concat(where, ": control characters"));
  Credentials found{
      .username = {}, .password = {}, .identity_token = {}, .file = name_, .key = key};
  if (!identity.empty()) found.identity_token = Secret(identity);
  const auto colon = login->find(':');
  if (colon == std::string::npos) {
    // podman takes such an entry for none at all.
    if (found.identity_token) return std::optional(std::move(found));
    return std::optional<Credentials>();
  }
  found.username = login->substr(0, colon);
  auto password = login->substr(colon + 1);
  while (password.ends_with('\0')) password.pop_back();  // some writers pad with them
  if (!is_safe(found.username) || !is_safe(password))
    return Error(Errc::kInvalid, concat(where, ": control characters in the credentials"));
  found.password = Secret(std::move(password));
  return std::optional(std::move(found));
}

std::string AuthSearch::str() const {
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(concat("'", file.string(), "'"));
  return names.empty() ? "no file" : join(names, ", ");
}

Result<std::optional<Credentials>> find_credentials(const AuthSearch& search,
                                                    std::string_view repository) {
  for (const auto& path : search.files) {
    const auto content = TRY(read_file_if_exists(path, kLargestFile));
    if (!content && search.absent == AuthSearch::Absent::kIsAnError)
      return Error(Errc::kNotFound, concat("the pull secret '", path.string(), "' does not exist"));
    if (!content) continue;
    const auto file = TRY(AuthFile::parse(*content, path.string()));
    auto found = TRY(file.find(repository));
    if (found) return found;
  }
  return std::optional<Credentials>();
}

}  // namespace pivotd::oci
