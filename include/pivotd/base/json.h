#pragma once
// JSON with limits, positions and paths. Hides nlohmann::json, whose header costs three seconds a
// file.
//
// Value is a tree that remembers the line of each value; Cursor walks it and says in every error
// where it stood: "spec.kernelArguments[2] (line 14): expected a string, found a number".

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pivotd/base/result.h"

namespace pivotd::json {

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;  // in the order of the document; keys are unique

class Value {
 public:
  using Content = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double,
                               std::string, Array, Object>;

  Value() : content_(nullptr) {}
  Value(std::nullptr_t) : content_(nullptr) {}
  Value(bool value) : content_(value) {}
  Value(std::int64_t value) : content_(value) {}
  Value(std::uint64_t value) : content_(value) {}
  Value(int value) : content_(std::int64_t{value}) {}
  Value(unsigned value) : content_(std::uint64_t{value}) {}
  Value(double value) : content_(value) {}
  Value(std::string value) : content_(std::move(value)) {}
  Value(std::string_view value) : content_(std::string(value)) {}
  Value(const char* value) : content_(std::string(value)) {}
  Value(Array value) : content_(std::move(value)) {}
  Value(Object value) : content_(std::move(value)) {}

  const Content& content() const { return content_; }
  Content& content() { return content_; }
  bool is_null() const { return std::holds_alternative<std::nullptr_t>(content_); }
  const Array* array() const { return std::get_if<Array>(&content_); }
  const Object* object() const { return std::get_if<Object>(&content_); }
  const std::string* string() const { return std::get_if<std::string>(&content_); }
  // The member of that key; nullptr when this is no object or has none.
  const Value* find(std::string_view key) const;
  // "a string", "null", "an object" ..., for errors.
  std::string_view kind() const;

  int line() const {
    return line_;
  }  // of the document it was parsed from, from 1; 0 when made by hand
  void set_line(int line) { line_ = line; }

  // The position in the document does not take part.
  bool operator==(const Value& other) const { return content_ == other.content_; }

 private:
  Content content_;
  int line_ = 0;
};

enum class DuplicateKeys {
  kRefuseEqual,       // "a" and "a"
  kRefuseSameFolded,  // also "a" and "A": what different readers of one manifest would see
                      // differently (CVE-2021-41190)
};

struct Limits {
  std::uint64_t bytes = 16U * 1024 * 1024;
  int depth = 64;
  DuplicateKeys duplicates = DuplicateKeys::kRefuseEqual;
};

// RFC 8259, strictly: UTF-8 only, no byte order mark, no comments, no trailing text, no duplicate
// keys. Errors are kInvalid and name the line and what was expected. `what` names the document in
// them ("the manifest").
Result<Value> parse(std::string_view text, std::string_view what, const Limits& limits = {});

// Members in the order they have. `indent` 0 is one line.
std::string dump(const Value& value, int indent = 0);
// Keys sorted, no white space: for comparing and hashing by content.
std::string dump_canonical(const Value& value);

// Reads a parsed document with types. A Cursor borrows the Value it stands on.
class Cursor {
 public:
  explicit Cursor(const Value& root) : value_(&root) {}

  const Value& value() const { return *value_; }
  const std::string& path() const {
    return path_;
  }  // "spec.config.storage.files[3]", "" at the root

  // The member, or an error that names the path.
  Result<Cursor> member(std::string_view key) const;
  // The member; none when it is absent or null. An error when this is no object.
  Result<std::optional<Cursor>> optional_member(std::string_view key) const;
  // Each element; an error when this is no array.
  Result<std::vector<Cursor>> elements() const;
  // Each member's key and value; an error when this is no object.
  Result<std::vector<std::pair<std::string, Cursor>>> members() const;

  Result<std::string> string() const;
  Result<bool> boolean() const;
  Result<std::int64_t> integer() const;
  Result<std::uint64_t> unsigned_integer() const;

  // "spec.fips (line 3): expected true or false, found a string"
  Error error(std::string_view problem) const;
  Error expected(std::string_view what) const;

 private:
  Cursor(const Value& value, std::string path) : value_(&value), path_(std::move(path)) {}

  const Value* value_;
  std::string path_;
};

}  // namespace pivotd::json
