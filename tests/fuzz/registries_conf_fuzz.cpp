// registries.conf is rendered by other programs, and edited by hand.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "oci/proxy.h"
#include "oci/registries_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  pivotd::oci::RegistriesConf conf;
  if (conf.add(text, "registries.conf").ok()) {
    const auto reference =
        pivotd::ImageRef::parse("quay.io/ns/repo@sha256:" + std::string(64, 'a'));
    const auto sources = conf.sources(*reference);
    if (sources.ok() && (sources->empty() || sources->back().is_mirror)) __builtin_trap();
  }
  const pivotd::oci::ProxyVariables variables{
      .http = "", .https = std::string(text), .no_proxy = std::string(text)};
  for (const auto* url : {"https://quay.io/", "https://10.0.0.1:5000/", "https://[fd00::1]/"})
    (void)pivotd::oci::choose_proxy(variables, *pivotd::oci::Url::parse(url));
  return 0;
}
