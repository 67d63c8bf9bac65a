#include "fakes/raw_tar.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "pivotd/base/text.h"

namespace pivotd::fakes {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameField = 100;

void put(std::string& header, std::size_t offset, std::size_t size, std::string_view text) {
  header.replace(offset, std::min(size, text.size()), text.substr(0, size));
}

std::string octal(std::uint64_t number, int digits) {
  char text[32];
  (void)std::snprintf(text, sizeof text, "%0*lo", digits, static_cast<unsigned long>(number));
  return text;
}

std::string padded(std::string content) {
  content.resize((content.size() + kBlock - 1) / kBlock * kBlock, '\0');
  return content;
}

std::string header_of(const RawEntry& entry) {
  std::string header(kBlock, '\0');
  put(header, 0, kNameField, entry.name);
  put(header, 100, 8, "0000644");
  put(header, 108, 8, "0000000");
  put(header, 116, 8, "0000000");
  put(header, 124, 12, entry.size_field ? *entry.size_field : octal(entry.content.size(), 11));
  put(header, 136, 12, "00000000000");
  put(header, 148, 8, "        ");
  header[156] = entry.type;
  put(header, 157, 100, entry.link);
  put(header, 257, 8, entry.magic);
  const auto sum = std::accumulate(
      header.begin(), header.end(), std::uint64_t{0},
      [](std::uint64_t total, char c) { return total + static_cast<unsigned char>(c); });
  put(header, 148, 8, octal(sum, 6) + std::string("\0 ", 2));
  return header;
}

// "<length> key=value\n", the length counting itself.
std::string pax_record(const std::string& key, const std::string& value) {
  const auto rest = concat(' ', key, '=', value, '\n');
  auto size = rest.size() + 1;
  while (std::to_string(size).size() + rest.size() != size)
    size = std::to_string(size).size() + rest.size();
  return std::to_string(size) + rest;
}

}  // namespace

std::string raw_entry(const RawEntry& entry) {
  auto records = entry.pax;
  if (entry.name.size() > kNameField) records.emplace_back("path", entry.name);
  std::string text;
  if (!records.empty()) {
    RawEntry pax{.name = "pax", .type = 'x'};
    for (const auto& [key, value] : records) pax.content += pax_record(key, value);
    text = header_of(pax) + padded(pax.content);
  }
  return text + header_of(entry) + padded(entry.content);
}

std::string raw_tar(const std::vector<RawEntry>& entries) {
  std::string text;
  for (const auto& entry : entries) text += raw_entry(entry);
  return text + std::string(2 * kBlock, '\0');
}

}  // namespace pivotd::fakes
