// WWW-Authenticate is text of whoever answers.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "oci/challenge.h"
#include "oci/header_values.h"
#include "oci/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pivotd::oci::choose_challenge({text});
  (void)pivotd::oci::parse_content_range(text);
  (void)pivotd::oci::parse_retry_after(text, 0);
  const auto base = pivotd::oci::Url::parse("https://registry.example:5000/v2/a/blobs/b?c");
  const auto url = base->resolve(text);
  if (!url.ok()) return 0;
  // What we make of a URL must mean the same when it is read again.
  const auto again = pivotd::oci::Url::parse(url->str());
  if (!again.ok() || again->str() != url->str() || !again->same_origin(*url)) __builtin_trap();
  if (again->host().find_first_of("@/?#\\ ") != std::string::npos) __builtin_trap();
  return 0;
}
