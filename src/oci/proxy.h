#pragma once
// Which proxy a request goes through, by Go's rules, which are those of the other container tools
// on the host: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, upper or lower case; no ALL_PROXY.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"

#include "oci/http.h"

namespace pivotd::oci {

struct ProxyVariables {
  std::string http;
  std::string https;
  std::string no_proxy;

  bool empty() const { return http.empty() && https.empty() && no_proxy.empty(); }
  bool operator==(const ProxyVariables&) const = default;
};

// Of lines "NAME=value"; upper case goes before lower case.
ProxyVariables proxy_variables(const std::vector<std::string>& lines);

// The environment's variables; where it has none, those of the file (an EnvironmentFile of
// systemd), which may be absent.
Result<ProxyVariables> read_proxy_variables(const std::vector<std::string>& environment,
                                            const std::filesystem::path& file);

struct ProxyChoice {
  std::optional<ProxyServer> server;  // none: direct
  std::string reason;                 // "HTTPS_PROXY", "NO_PROXY entry '.corp'", ...: no secret
};

// kInvalid when the proxy's URL cannot be used; the error shows no credentials.
Result<ProxyChoice> choose_proxy(const ProxyVariables& variables, const Url& url);

}  // namespace pivotd::oci
