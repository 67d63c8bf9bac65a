#include "oci/challenge.h"

#include <algorithm>

#include "pivotd/base/text.h"

#include "oci/header_values.h"

namespace pivotd::oci {

namespace {

constexpr std::size_t kLongestLine = 16 * 1024;
constexpr std::size_t kMostChallenges = 16;
constexpr std::size_t kMostParameters = 32;

bool is_token_character(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_token68_character(char c) {
  constexpr std::string_view kMarks = "-._~+/";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

Error wrong(std::string_view why) {
  return {Errc::kInvalid, concat("the registry's challenge ", why)};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Result<std::vector<Challenge>> read() {
    std::vector<Challenge> challenges;
    for (skip_separators(); !rest_.empty(); skip_separators()) {
      if (challenges.size() == kMostChallenges) return wrong("has too many schemes");
      challenges.push_back(TRY(read_challenge()));
      if (!rest_.empty() && rest_.front() != ',') return wrong("is not a list of schemes");
    }
    return challenges;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }

  // Empty list elements are legal: ", ,Basic".
  void skip_separators() {
    for (skip_blanks(); !rest_.empty() && rest_.front() == ','; skip_blanks())
      rest_.remove_prefix(1);
  }

  template <class Predicate>
  std::string_view take_while(Predicate wanted) {
    const auto end = std::ranges::find_if_not(rest_, wanted);
    const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  Result<Challenge> read_challenge() {
    Challenge challenge;
    challenge.scheme = lower_case(take_while(is_token_character));
    if (challenge.scheme.empty()) return wrong("has no scheme where one belongs");
    if (rest_.empty() || rest_.front() == ',') return challenge;
    if (rest_.front() != ' ' && rest_.front() != '\t') return wrong("has a malformed scheme");
    skip_blanks();
    if (rest_.empty()) return challenge;
    if (auto token = take_token68()) {
      challenge.token68 = std::move(*token);
      return challenge;
    }
    TRY(read_parameters(challenge));
    return challenge;
  }

  // "abc==" that ends its challenge; what else begins like it is a parameter.
  std::optional<std::string> take_token68() {
    const auto start = rest_;
    std::string token(take_while(is_token68_character));
    token += take_while([](char c) { return c == '='; });
    skip_blanks();
    if (!token.empty() && (rest_.empty() || rest_.front() == ',')) return token;
    rest_ = start;
    return std::nullopt;
  }

  // Up to the end, or to a comma behind which not a parameter but the next scheme stands.
  Result<void> read_parameters(Challenge& challenge) {
    for (;;) {
      TRY(read_parameter(challenge));
      skip_blanks();
      if (rest_.empty()) return {};
      if (rest_.front() != ',') return wrong("has something other than a comma between parameters");
      const auto before_comma = rest_;
      skip_separators();
      const bool goes_on = at_parameter();
      if (!goes_on) {
        rest_ = rest_.empty() ? rest_ : before_comma;
        return {};
      }
    }
  }

  bool at_parameter() const {
    Reader ahead(rest_);
    if (ahead.take_while(is_token_character).empty()) return false;
    ahead.skip_blanks();
    return !ahead.rest_.empty() && ahead.rest_.front() == '=';
  }

  Result<void> read_parameter(Challenge& challenge) {
    auto name = lower_case(take_while(is_token_character));
    skip_blanks();
    if (name.empty() || rest_.empty() || rest_.front() != '=')
      return wrong("has a parameter without '='");
    rest_.remove_prefix(1);
    skip_blanks();
    auto value = TRY(read_value());
    if (challenge.parameters.size() == kMostParameters) return wrong("has too many parameters");
    if (!challenge.parameters.emplace(name, std::move(value)).second)
      return wrong(concat("has the parameter '", printable(name), "' twice"));
    return {};
  }

  Result<std::string> read_value() {
    if (rest_.empty() || rest_.front() != '"') {
      std::string value(take_while(is_token_character));
      if (value.empty()) return wrong("has a parameter without a value");
      return value;
    }
    rest_.remove_prefix(1);
    std::string value;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) break;
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) return wrong("has an unterminated quoted string");
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::string> Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  return found->second;
}

Result<std::vector<Challenge>> parse_challenges(std::string_view line) {
  if (line.size() > kLongestLine)
    return wrong(concat("is longer than the limit of ", kLongestLine, " bytes"));
  const bool has_control = std::ranges::any_of(line, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
  if (has_control) return wrong("has control characters");
  return Reader(line).read();
}

std::optional<Challenge> choose_challenge(const std::vector<std::string_view>& lines) {
  std::optional<Challenge> basic;
  for (const auto line : lines) {
    auto challenges = parse_challenges(line);
    if (!challenges.ok()) continue;  // another line may hold one that can be answered
    for (auto& challenge : *challenges) {
      if (challenge.scheme == "bearer") return std::move(challenge);
      if (challenge.scheme == "basic" && !basic) basic = std::move(challenge);
    }
  }
  return basic;
}

}  // namespace pivotd::oci
