// A pull secret is the administrator's, who makes mistakes; what is found in it becomes a header.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "oci/credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = pivotd::oci::decode_base64(text)) {
    if (pivotd::oci::decode_base64(pivotd::oci::encode_base64(*bytes)) != bytes) __builtin_trap();
  }
  const auto file = pivotd::oci::AuthFile::parse(text, "auth.json");
  if (!file.ok()) return 0;
  const auto found = file->find("r.io/a/b");
  if (!found.ok() || !*found) return 0;
  const auto login = (*found)->username + (*found)->password.reveal();
  const bool has_control = std::ranges::any_of(
      login, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (has_control) __builtin_trap();
  return 0;
}
