#include "pivotd/base/json.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <nlohmann/json.hpp>

#include "pivotd/base/text.h"

namespace pivotd::json {

namespace {

// Counts lines for the parser: the line of the last byte read that is not white space is the line
// of the token that has just been completed (the parser reads one byte past a number, and that byte
// may be a line break).
struct Position {
  int line = 1;
  int token_line = 1;
};

class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_ == '\n') {
      ++position_->line;
    } else if (*at_ != ' ' && *at_ != '\t' && *at_ != '\r') {
      position_->token_line = position_->line;
    }
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Position* position_;
};

std::string folded(std::string key) {
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return key;
}

class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const Limits& limits, const Position& position) : limits_(limits), position_(position) {}

  bool null() override { return add(Value(nullptr)); }
  bool boolean(bool value) override { return add(Value(value)); }
  bool number_integer(std::int64_t value) override { return add(Value(value)); }
  bool number_unsigned(std::uint64_t value) override {
    if (value <= static_cast<std::uint64_t>(INT64_MAX))
      return add(Value(static_cast<std::int64_t>(value)));
    return add(Value(value));
  }
  bool number_float(double value, const std::string&) override { return add(Value(value)); }
  bool string(std::string& value) override { return add(Value(std::move(value))); }
  bool binary(nlohmann::json::binary_t&) override { return fail("binary value"); }
  bool start_object(std::size_t) override { return open(Value(Object{})); }
  bool start_array(std::size_t) override { return open(Value(Array{})); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& key) override {
    auto& level = stack_.back();
    const bool fold = limits_.duplicates == DuplicateKeys::kRefuseSameFolded;
    if (!level.keys.insert(fold ? folded(key) : key).second)
      return fail(concat("key '", printable(key), "' occurs twice in one object"));
    level.key = std::move(key);
    return true;
  }

  bool parse_error(std::size_t, const std::string& token,
                   const nlohmann::json::exception& exception) override {
    (void)token;
    std::string text = exception.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ...":
    // keep what follows.
    const auto column = text.find("column ");
    const auto colon = text.find(": ", column == std::string::npos ? 0 : column);
    if (colon != std::string::npos) text.erase(0, colon + 2);
    return fail(printable(text, 300));
  }

  const std::optional<std::string>& problem() const { return problem_; }
  int problem_line() const { return problem_line_; }
  Value take() { return std::move(root_); }

 private:
  struct Level {
    Value value;
    std::string key;
    std::set<std::string, std::less<>> keys;
  };

  bool fail(std::string problem) {
    problem_ = std::move(problem);
    problem_line_ = position_.token_line;
    return false;
  }

  bool open(Value value) {
    if (static_cast<int>(stack_.size()) >= limits_.depth)
      return fail(concat("nested deeper than the limit of ", limits_.depth));
    value.set_line(position_.token_line);
    stack_.push_back({std::move(value), {}, {}});
    return true;
  }

  bool close() {
    auto value = std::move(stack_.back().value);
    stack_.pop_back();
    return place(std::move(value));
  }

  bool add(Value value) {
    value.set_line(position_.token_line);
    return place(std::move(value));
  }

  bool place(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return true;
    }
    auto& level = stack_.back();
    if (auto* array = std::get_if<Array>(&level.value.content())) {
      array->push_back(std::move(value));
    } else {
      std::get<Object>(level.value.content()).emplace_back(std::move(level.key), std::move(value));
    }
    return true;
  }

  const Limits& limits_;
  const Position& position_;
  std::vector<Level> stack_;
  Value root_;
  std::optional<std::string> problem_;
  int problem_line_ = 0;
};

template <class Json>
Json to_nlohmann(const Value& value) {
  return std::visit(
      [](const auto& content) -> Json {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, Array>) {
          Json out = Json::array();
          for (const auto& element : content) out.push_back(to_nlohmann<Json>(element));
          return out;
        } else if constexpr (std::is_same_v<Content, Object>) {
          Json out = Json::object();
          for (const auto& [key, member] : content) out[key] = to_nlohmann<Json>(member);
          return out;
        } else {
          return Json(content);
        }
      },
      value.content());
}

// Strings of ours may quote bytes from outside: never throw over them.
constexpr auto kReplace = nlohmann::json::error_handler_t::replace;

}  // namespace

const Value* Value::find(std::string_view key) const {
  const auto* members = object();
  if (members == nullptr) return nullptr;
  const auto found = std::find_if(members->begin(), members->end(),
                                  [key](const Member& member) { return member.first == key; });
  return found == members->end() ? nullptr : &found->second;
}

std::string_view Value::kind() const {
  struct Names {
    std::string_view operator()(std::nullptr_t) const { return "null"; }
    std::string_view operator()(bool value) const { return value ? "true" : "false"; }
    std::string_view operator()(std::int64_t) const { return "a number"; }
    std::string_view operator()(std::uint64_t) const { return "a number"; }
    std::string_view operator()(double) const { return "a fractional number"; }
    std::string_view operator()(const std::string&) const { return "a string"; }
    std::string_view operator()(const Array&) const { return "an array"; }
    std::string_view operator()(const Object&) const { return "an object"; }
  };
  return std::visit(Names{}, content_);
}

Result<Value> parse(std::string_view text, std::string_view what, const Limits& limits) {
  if (text.size() > limits.bytes)
    return Error(Errc::kInvalid, concat(what, " is larger than the limit of ", limits.bytes,
                                        " bytes: it has ", text.size()));
  if (text.starts_with("\xEF\xBB\xBF"))
    return Error(Errc::kInvalid, concat(what, ", line 1: starts with a byte order mark"));
  // The parser would take one for the end of the text, and hide what comes after it.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return Error(Errc::kInvalid,
                 concat(what, ", line ", 1 + std::count(text.begin(), text.begin() + nul, '\n'),
                        ": has a NUL byte"));
  Position position;
  Builder builder(limits, position);
  const CountingIterator begin(text.data(), &position);
  const CountingIterator end(text.data() + text.size(), &position);
  const bool complete = nlohmann::json::sax_parse(begin, end, &builder);
  if (builder.problem())
    return Error(Errc::kInvalid,
                 concat(what, ", line ", builder.problem_line(), ": ", *builder.problem()));
  PIVOTD_ASSERT(complete);
  return builder.take();
}

std::string dump(const Value& value, int indent) {
  return to_nlohmann<nlohmann::ordered_json>(value).dump(
      indent == 0 ? -1 : indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string dump_canonical(const Value& value) {
  return to_nlohmann<nlohmann::json>(value).dump(-1, ' ', false, kReplace);
}

Result<Cursor> Cursor::member(std::string_view key) const {
  if (value_->object() == nullptr) return expected("an object");
  const auto* found = value_->find(key);
  if (found == nullptr) return error(concat("has no '", key, "'"));
  return Cursor(*found, path_.empty() ? std::string(key) : concat(path_, ".", key));
}

Result<std::optional<Cursor>> Cursor::optional_member(std::string_view key) const {
  if (value_->object() == nullptr) return expected("an object");
  const auto* found = value_->find(key);
  if (found == nullptr || found->is_null()) return std::optional<Cursor>();
  return std::optional<Cursor>(TRY(member(key)));
}

Result<std::vector<Cursor>> Cursor::elements() const {
  const auto* array = value_->array();
  if (array == nullptr) return expected("an array");
  std::vector<Cursor> cursors;
  for (const auto& element : *array)
    cursors.push_back(Cursor(element, concat(path_, "[", cursors.size(), "]")));
  return cursors;
}

Result<std::vector<std::pair<std::string, Cursor>>> Cursor::members() const {
  const auto* object = value_->object();
  if (object == nullptr) return expected("an object");
  std::vector<std::pair<std::string, Cursor>> cursors;
  for (const auto& [key, element] : *object)
    cursors.emplace_back(key, Cursor(element, path_.empty() ? key : concat(path_, ".", key)));
  return cursors;
}

Result<std::string> Cursor::string() const {
  if (const auto* text = value_->string()) return *text;
  return expected("a string");
}

Result<bool> Cursor::boolean() const {
  if (const auto* flag = std::get_if<bool>(&value_->content())) return *flag;
  return expected("true or false");
}

Result<std::int64_t> Cursor::integer() const {
  if (const auto* number = std::get_if<std::int64_t>(&value_->content())) return *number;
  return expected("a whole number");
}

Result<std::uint64_t> Cursor::unsigned_integer() const {
  if (const auto* number = std::get_if<std::uint64_t>(&value_->content())) return *number;
  const auto* number = std::get_if<std::int64_t>(&value_->content());
  if (number != nullptr && *number >= 0) return static_cast<std::uint64_t>(*number);
  return expected("a whole number that is not negative");
}

Error Cursor::error(std::string_view problem) const {
  std::string where = path_.empty() ? "the document" : path_;
  if (value_->line() > 0) where += concat(" (line ", value_->line(), ")");
  return Error(Errc::kInvalid, concat(where, ": ", problem));
}

Error Cursor::expected(std::string_view what) const {
  return error(concat("expected ", what, ", found ", value_->kind()));
}

}  // namespace pivotd::json
