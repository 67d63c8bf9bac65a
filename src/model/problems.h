#pragma once
// Collects what is wrong with a document, so that one bad field does not hide the others, and reads
// optional members into it. Kept to a number that a person still reads: hostile input must not turn
// into a message of megabytes.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pivotd/base/json.h"
#include "pivotd/base/result.h"

namespace pivotd {

class Problems {
 public:
  void add(const Error& error);

  // The value, or none and the error is noted.
  template <class T>
  std::optional<T> take(Result<T> result) {
    if (result.ok()) return std::move(result).value();
    add(result.error());
    return std::nullopt;
  }

  bool empty() const { return total_ == 0; }
  // All of them, joined by "; ".
  Error error() const;

  // Each of these is none for an absent or null member, and for one of another type, which is
  // noted.
  std::optional<json::Cursor> member(const json::Cursor& parent, std::string_view key);
  std::optional<std::string> string(const json::Cursor& parent, std::string_view key);
  std::optional<bool> boolean(const json::Cursor& parent, std::string_view key);
  std::optional<json::Cursor> object(const json::Cursor& parent, std::string_view key);
  // The elements of an array; empty for an absent or null member, too.
  std::vector<json::Cursor> elements(const json::Cursor& parent, std::string_view key);
  // As elements(), leaving out what is no object, which is noted.
  std::vector<json::Cursor> objects(const json::Cursor& parent, std::string_view key);
  // A string that has to be there and must not be empty.
  std::optional<std::string> name(const json::Cursor& parent, std::string_view key);

 private:
  std::vector<std::string> shown_;
  std::size_t total_ = 0;
};

}  // namespace pivotd
