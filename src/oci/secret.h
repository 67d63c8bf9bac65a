#pragma once
// A text that must never be printed: a password, a token. It has no formatter and does not convert
// to a string, so that a log line or an error with it does not compile; what it held is wiped.

#include <string>
#include <utility>

#include <string.h>

namespace pivotd::oci {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  Secret& operator=(Secret other) noexcept {
    text_.swap(other.text_);
    return *this;
  }
  ~Secret() { ::explicit_bzero(text_.data(), text_.size()); }

  bool empty() const { return text_.empty(); }
  // For the wire only.
  const std::string& reveal() const { return text_; }

  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

}  // namespace pivotd::oci
