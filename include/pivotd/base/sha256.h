#pragma once
// SHA-256 (OpenSSL EVP), and a stream that is checked against one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pivotd/base/bytes.h"

namespace pivotd {

class Sha256 {
 public:
  using Value = std::array<std::byte, 32>;

  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  // Once: the object is spent afterwards.
  Value finish();

  static Value of(std::string_view text);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string to_hex(const Sha256::Value& value);
// Exactly 64 lower-case hexadecimal digits.
std::optional<Sha256::Value> sha256_from_hex(std::string_view hex);

// Passes the bytes of `inner` on and reports the end of the stream only when their sha256, and
// their size where one is expected, were right; otherwise kIntegrity naming `what`, expected and
// found. More bytes than `size` are an error as soon as they arrive.
class VerifiedSource final : public ByteSource {
 public:
  VerifiedSource(std::unique_ptr<ByteSource> inner, const Sha256::Value& expected,
                 std::optional<std::uint64_t> size, std::string what);
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override;

 private:
  Result<std::size_t> at_end();

  std::unique_ptr<ByteSource> inner_;
  Sha256::Value expected_;
  std::optional<std::uint64_t> size_;
  std::string what_;
  Sha256 hash_;
  std::uint64_t seen_ = 0;
  std::optional<Error> failure_;
  bool verified_ = false;
};

}  // namespace pivotd
