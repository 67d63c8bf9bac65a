#pragma once
// The two content names of this field: an OCI digest ("sha256:" and 64 lower-case hex digits) and
// an OSTree checksum (the 64 digits alone). Parsed once, so that no path or URL is ever built from
// unchecked text (CVE-2024-3727).

#include <compare>
#include <string>
#include <string_view>

#include "pivotd/base/result.h"
#include "pivotd/base/sha256.h"

namespace pivotd {

class Digest {
 public:
  // kInvalid says what is wrong with `text`. sha384 and sha512 are refused: no image we support
  // uses them.
  static Result<Digest> parse(std::string_view text);
  static Digest of(std::string_view content);  // the sha256 of these bytes
  explicit Digest(const Sha256::Value& value) : value_(value) {}

  std::string str() const { return "sha256:" + hex(); }
  std::string hex() const { return to_hex(value_); }
  const Sha256::Value& value() const { return value_; }

  auto operator<=>(const Digest&) const = default;

 private:
  Sha256::Value value_;
};

// The name of an OSTree object, mostly a commit.
class Checksum {
 public:
  static Result<Checksum> parse(std::string_view text);
  explicit Checksum(const Sha256::Value& value) : value_(value) {}

  std::string str() const { return to_hex(value_); }

  auto operator<=>(const Checksum&) const = default;

 private:
  Sha256::Value value_;
};

}  // namespace pivotd
