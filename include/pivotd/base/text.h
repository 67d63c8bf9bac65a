#pragma once
// Small text pieces that every floor needs: joining, splitting, sizes and durations for people.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pivotd {

namespace text_detail {
inline void append(std::string& out, std::string_view text) {
  out += text;
}
inline void append(std::string& out, char c) {
  out += c;
}
template <std::integral N>
void append(std::string& out, N number) {
  out += std::to_string(number);
}
}  // namespace text_detail

// concat("layer ", 3, " of ", total)
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (text_detail::append(out, parts), ...);
  return out;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator);
// Empty fields are kept: split("a,,b", ',') has three.
std::vector<std::string> split(std::string_view text, char separator);

// "559.2 MB" (powers of ten, as package managers print).
std::string human_bytes(std::uint64_t bytes);
// "1 h 3 min", "12 s".
std::string human_duration(std::chrono::seconds duration);
// Text from outside, made safe for one log line: control characters and what is not UTF-8 become
// '?', longer than `limit` bytes is cut with "...".
std::string printable(std::string_view text, std::size_t limit = 200);

}  // namespace pivotd
