#include "oci/http_head.h"

#include <algorithm>

#include "pivotd/base/text.h"

#include "oci/header_values.h"

namespace pivotd::oci {

namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::size_t kMostHeaders = 256;

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

}  // namespace

std::vector<std::string_view> HttpHead::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& header : headers)
    if (header.name == name) values.emplace_back(header.value);
  return values;
}

std::optional<std::string_view> HttpHead::header(std::string_view name) const {
  const auto values = all(name);
  if (values.empty()) return std::nullopt;
  const bool agree = std::ranges::all_of(values, [&](auto value) { return value == values[0]; });
  if (!agree) return std::nullopt;
  return values[0];
}

std::optional<std::uint64_t> HttpHead::content_length() const {
  const auto value = header("content-length");
  return value ? parse_number(*value) : std::nullopt;
}

std::optional<std::string> HeadReader::take(std::string_view line) {
  if (complete_) return std::nullopt;
  bytes_ += line.size();
  if (bytes_ > kMostBytes) return concat("headers larger than the limit of ", kMostBytes, " bytes");
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return end();
  return line.starts_with("HTTP/") ? take_status(line) : take_header(line);
}

std::optional<std::string> HeadReader::take_status(std::string_view line) {
  const auto space = line.find(' ');
  const auto status =
      space == std::string_view::npos ? std::nullopt : parse_number(line.substr(space + 1, 3));
  if (!status || *status < 100 || *status > 599) return "a malformed status line";
  head_ = HttpHead{.status = static_cast<int>(*status), .headers = {}};
  return std::nullopt;
}

std::optional<std::string> HeadReader::take_header(std::string_view line) {
  const auto colon = line.find(':');
  const bool is_folded = line.front() == ' ' || line.front() == '\t';
  if (colon == std::string_view::npos || colon == 0 || is_folded) return "a malformed header line";
  if (has_control_character(line)) return "control characters in a header";
  if (head_.headers.size() == kMostHeaders)
    return concat("more than the limit of ", kMostHeaders, " headers");
  head_.headers.push_back({.name = lower_case(trimmed(line.substr(0, colon))),
                           .value = std::string(trimmed(line.substr(colon + 1)))});
  return std::nullopt;
}

std::optional<std::string> HeadReader::end() {
  if (head_.status < 200) return std::nullopt;  // 100 Continue and its kin: another head follows
  for (const auto encoding : head_.all("transfer-encoding"))
    if (lower_case(encoding) != "chunked") return "a transfer encoding nobody asked for";
  if (!head_.all("content-length").empty() && !head_.header("content-length"))
    return "two different lengths";
  complete_ = true;
  if (head_.status > 299) return std::nullopt;  // a body that is at most quoted
  for (const auto encoding : head_.all("content-encoding")) {
    if (encoding.empty() || lower_case(encoding) == "identity") continue;
    return concat("the content encoding '", printable(encoding),
                  "', but it was asked for the bytes as they are");
  }
  return std::nullopt;
}

}  // namespace pivotd::oci
