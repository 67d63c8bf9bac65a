#pragma once
// The head of an HTTP answer: its status and headers, read line by line with limits, and refused
// when it says what nobody asked for.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pivotd::oci {

struct Header {
  std::string name;  // lower case
  std::string value;

  bool operator==(const Header&) const = default;
};

class HttpHead {
 public:
  int status = 0;
  std::vector<Header> headers;

  // The value of the header; none when it is absent or given more than once with different values.
  std::optional<std::string_view> header(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  // Content-Length; none when absent, malformed or contradictory.
  std::optional<std::uint64_t> content_length() const;
};

class HeadReader {
 public:
  // One line as it came, with its line end. What is wrong with it, if anything: "a malformed header
  // line". Lines behind a complete head (trailers) are passed over.
  std::optional<std::string> take(std::string_view line);

  bool is_complete() const { return complete_; }
  const HttpHead& head() const { return head_; }

 private:
  std::optional<std::string> take_status(std::string_view line);
  std::optional<std::string> take_header(std::string_view line);
  std::optional<std::string> end();

  HttpHead head_;
  bool complete_ = false;
  std::size_t bytes_ = 0;
};

}  // namespace pivotd::oci
