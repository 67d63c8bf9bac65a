#include "pivotd/model/digest.h"

#include "pivotd/base/text.h"

namespace pivotd {

namespace {
constexpr std::string_view kPrefix = "sha256:";
}

Result<Digest> Digest::parse(std::string_view text) {
  if (!text.starts_with(kPrefix))
    return Error(Errc::kInvalid, concat("'", printable(text),
                                        "' is not a digest: expected 'sha256:' and 64 lower-case "
                                        "hexadecimal digits"));
  const auto value = sha256_from_hex(text.substr(kPrefix.size()));
  if (!value)
    return Error(Errc::kInvalid, concat("'", printable(text),
                                        "' is not a digest: expected 64 lower-case hexadecimal "
                                        "digits after 'sha256:'"));
  return Digest(*value);
}

Digest Digest::of(std::string_view content) {
  return Digest(Sha256::of(content));
}

Result<Checksum> Checksum::parse(std::string_view text) {
  const auto value = sha256_from_hex(text);
  if (!value)
    return Error(Errc::kInvalid,
                 concat("'", printable(text),
                        "' is not an OSTree checksum: expected 64 lower-case hexadecimal digits"));
  return Checksum(*value);
}

}  // namespace pivotd
