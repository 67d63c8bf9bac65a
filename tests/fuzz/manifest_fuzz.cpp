// Manifests, indexes and configs are the registry's until their digest is known, and whoever made
// the image's after that.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "oci/authorizer.h"
#include "oci/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = pivotd::oci::parse_manifest(text, "");
  if (parsed.ok()) {
    if (const auto* index = std::get_if<pivotd::oci::Index>(&*parsed)) {
      (void)pivotd::oci::choose_platform(*index, "amd64");
    } else if (std::get<pivotd::oci::Manifest>(*parsed).layers.empty()) {
      __builtin_trap();
    }
  }
  const auto config = pivotd::oci::parse_config(text, 1);
  if (config.ok() && config->diff_ids.size() != 1) __builtin_trap();
  (void)pivotd::oci::parse_token(text);
  return 0;
}
