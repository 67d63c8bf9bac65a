#pragma once
// WWW-Authenticate: the list of challenges a registry answers 401 with, by the grammar of RFC 9110
// (several challenges a line, token68 or parameters, quoted strings).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"

namespace pivotd::oci {

struct Challenge {
  std::string scheme;                             // lower case
  std::string token68;                            // "" where parameters were given
  std::map<std::string, std::string> parameters;  // names in lower case

  std::optional<std::string> parameter(const std::string& name) const;
  bool operator==(const Challenge&) const = default;
};

// One header line. kInvalid on control characters, a parameter given twice, an unterminated string
// and everything else the grammar does not have; an empty line is an empty list.
Result<std::vector<Challenge>> parse_challenges(std::string_view line);

// The challenge we answer: the first Bearer, else the first Basic, of all lines; lines that cannot
// be read are passed over. None when no scheme is one of ours.
std::optional<Challenge> choose_challenge(const std::vector<std::string_view>& lines);

}  // namespace pivotd::oci
