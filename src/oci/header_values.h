#pragma once
// The few header values whose numbers we act on, each read strictly: what is not exactly of the
// form is absent.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pivotd::oci {

// Only digits, and below 2^63.
std::optional<std::uint64_t> parse_number(std::string_view text);

// "bytes 100-199/200"; the total is none for '*'.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
  std::optional<std::uint64_t> total;

  bool operator==(const ContentRange&) const = default;
};
// None also where last < first or total <= last.
std::optional<ContentRange> parse_content_range(std::string_view text);

// Seconds, or an HTTP date of which `now` (seconds since the epoch) is taken away. None when it is
// neither, or in the past.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::int64_t now);

// "application/json; charset=utf-8" -> "application/json", in lower case.
std::string media_type_of(std::string_view content_type);

std::string_view trimmed(std::string_view text);
std::string lower_case(std::string_view text);

}  // namespace pivotd::oci
