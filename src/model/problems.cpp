#include "model/problems.h"

#include "pivotd/base/text.h"

namespace pivotd {

namespace {
constexpr std::size_t kShown = 20;
}

void Problems::add(const Error& error) {
  if (shown_.size() < kShown) shown_.push_back(error.message());
  ++total_;
}

Error Problems::error() const {
  PIVOTD_ASSERT(!empty());
  auto shown = shown_;
  if (total_ > shown.size()) shown.push_back(concat("and ", total_ - shown.size(), " more"));
  return Error(Errc::kInvalid, join(shown, "; "));
}

std::optional<json::Cursor> Problems::member(const json::Cursor& parent, std::string_view key) {
  const auto found = take(parent.optional_member(key));
  return found ? *found : std::nullopt;
}

std::optional<std::string> Problems::string(const json::Cursor& parent, std::string_view key) {
  const auto found = member(parent, key);
  return found ? take(found->string()) : std::nullopt;
}

std::optional<bool> Problems::boolean(const json::Cursor& parent, std::string_view key) {
  const auto found = member(parent, key);
  return found ? take(found->boolean()) : std::nullopt;
}

std::vector<json::Cursor> Problems::elements(const json::Cursor& parent, std::string_view key) {
  const auto found = member(parent, key);
  if (!found) return {};
  return take(found->elements()).value_or(std::vector<json::Cursor>());
}

std::optional<json::Cursor> Problems::object(const json::Cursor& parent, std::string_view key) {
  auto found = member(parent, key);
  if (!found || found->value().object() != nullptr) return found;
  add(found->expected("an object"));
  return std::nullopt;
}

std::vector<json::Cursor> Problems::objects(const json::Cursor& parent, std::string_view key) {
  std::vector<json::Cursor> objects;
  for (const auto& element : elements(parent, key)) {
    if (element.value().object() == nullptr) {
      add(element.expected("an object"));
    } else {
      objects.push_back(element);
    }
  }
  return objects;
}

std::optional<std::string> Problems::name(const json::Cursor& parent, std::string_view key) {
  const auto found = take(parent.member(key));
  if (!found) return std::nullopt;
  auto text = take(found->string());
  if (text && text->empty()) add(found->error("must not be empty"));
  return text;
}

}  // namespace pivotd
