#pragma once
// Tars written byte by byte, so that they can be wrong in every way a tar can be.

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pivotd::fakes {

struct RawEntry {
  std::string name;
  char type = '0';  // as it stands in the header: '0' file, '1' hard link, '2' symbolic link, '5'
  std::string content = {};
  std::string link = {};
  std::vector<std::pair<std::string, std::string>> pax = {};  // a header before the entry
  std::optional<std::string> size_field = std::nullopt;       // in place of the content's size
  std::string magic = {"ustar\00000", 8};
};

// Header and content in whole blocks. Names over 100 bytes go into a PAX header.
std::string raw_entry(const RawEntry& entry);
// The entries and the two blocks of zeros.
std::string raw_tar(const std::vector<RawEntry>& entries);

}  // namespace pivotd::fakes
