#include "oci/header_values.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <limits>

namespace pivotd::oci {

namespace {

constexpr std::string_view kBlanks = " \t";

// Takes the text up to `separator` off the front of `rest`; none when it is not there.
std::optional<std::string_view> take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const auto field = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return field;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return std::nullopt;
  return number;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto first = take_until(text, '-');
  const auto last = first ? take_until(text, '/') : std::nullopt;
  if (!last) return std::nullopt;
  const auto from = parse_number(*first);
  const auto to = parse_number(*last);
  if (!from || !to || *to < *from) return std::nullopt;
  ContentRange range{.first = *from, .last = *to, .total = {}};
  if (text == "*") return range;
  range.total = parse_number(text);
  if (!range.total || *range.total <= *to) return std::nullopt;
  return range;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::int64_t now) {
  text = trimmed(text);
  if (const auto seconds = parse_number(text)) {
    // Far enough for any cap, and no overflow in what is reckoned with it.
    return std::chrono::seconds(std::min<std::uint64_t>(*seconds, 1'000'000'000));
  }
  std::tm date{};
  const std::string copy(text);
  const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::int64_t then = ::timegm(&date);
  if (then <= now) return std::nullopt;
  return std::chrono::seconds(then - now);
}

std::string media_type_of(std::string_view content_type) {
  return lower_case(trimmed(content_type.substr(0, content_type.find(';'))));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace pivotd::oci
