#include "pivotd/base/sha256.h"

#include <openssl/evp.h>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

struct Sha256::Context {
  std::unique_ptr<EVP_MD_CTX, FreeContext> evp{EVP_MD_CTX_new()};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  PIVOTD_ASSERT(context_->evp &&
                EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  PIVOTD_ASSERT(EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size()) == 1);
}

Sha256::Value Sha256::finish() {
  Value value{};
  unsigned int size = 0;
  PIVOTD_ASSERT(EVP_DigestFinal_ex(context_->evp.get(),
                                   reinterpret_cast<unsigned char*>(value.data()), &size) == 1);
  PIVOTD_ASSERT(size == value.size());
  return value;
}

Sha256::Value Sha256::of(std::string_view text) {
  Sha256 hash;
  hash.update(as_bytes(text));
  return hash.finish();
}

std::string to_hex(const Sha256::Value& value) {
  std::string hex;
  hex.reserve(2 * value.size());
  for (const auto byte : value) {
    hex += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    hex += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return hex;
}

std::optional<Sha256::Value> sha256_from_hex(std::string_view hex) {
  Sha256::Value value{};
  if (hex.size() != 2 * value.size()) return std::nullopt;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto high = kDigits.find(hex[2 * i]);
    const auto low = kDigits.find(hex[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    value[i] = static_cast<std::byte>(high << 4 | low);
  }
  return value;
}

VerifiedSource::VerifiedSource(std::unique_ptr<ByteSource> inner, const Sha256::Value& expected,
                               std::optional<std::uint64_t> size, std::string what)
    : inner_(std::move(inner)), expected_(expected), size_(size), what_(std::move(what)) {}

Result<std::size_t> VerifiedSource::read(std::span<std::byte> buffer, const Stop& stop) {
  if (failure_) return *failure_;
  if (verified_) return std::size_t{0};
  auto result = inner_->read(buffer, stop);
  if (!result.ok()) {
    failure_ = result.error();
    return result;
  }
  const auto count = result.value();
  if (count == 0) return at_end();
  seen_ += count;
  if (size_ && seen_ > *size_) {
    failure_ = Error(Errc::kIntegrity,
                     concat(what_, " is longer than the ", *size_, " bytes that were declared"));
    return *failure_;
  }
  hash_.update(buffer.first(count));
  return count;
}

Result<std::size_t> VerifiedSource::at_end() {
  const auto found = hash_.finish();
  if (size_ && seen_ != *size_) {
    failure_ = Error(Errc::kIntegrity,
                     concat(what_, " has ", seen_, " bytes, but ", *size_, " were declared"));
  } else if (found != expected_) {
    failure_ = Error(Errc::kIntegrity, concat(what_, " has the wrong sha256: expected ",
                                              to_hex(expected_), ", found ", to_hex(found)));
  }
  if (failure_) return *failure_;
  verified_ = true;
  return std::size_t{0};
}

}  // namespace pivotd
