#include "unpack/entry_name.h"

#include "pivotd/base/text.h"

namespace pivotd::unpack {

namespace {

constexpr std::string_view kMark = ".wh.";
constexpr std::string_view kBookkeeping = ".wh..wh.";
constexpr std::string_view kOpaqueMark = ".wh..wh..opq";

Error bad_name(std::string_view name, std::string_view problem) {
  return {Errc::kInvalid, concat("the tar has an entry '", printable(name), "', ", problem)};
}

std::string join_path(std::string_view directory, std::string_view name) {
  return directory.empty() ? std::string(name) : concat(directory, '/', name);
}

}  // namespace

Result<std::string> normalise_name(std::string_view name, const Limits& limits) {
  if (name.size() > limits.name_size) return bad_name(name, "whose name is too long");
  std::string normal;
  std::size_t depth = 0;
  for (std::size_t begin = 0; begin <= name.size();) {
    const auto end = std::min(name.find('/', begin), name.size());
    const auto component = name.substr(begin, end - begin);
    begin = end + 1;
    if (component.empty() || component == ".") continue;
    if (component == "..") return bad_name(name, "whose name leads out of its directory");
    if (component.size() > limits.component_size)
      return bad_name(name, "whose name has too long a component");
    if (++depth > limits.depth) return bad_name(name, "whose name is too deep");
    if (!normal.empty()) normal += '/';
    normal += component;
  }
  return normal;
}

Result<WhiteoutName> parse_whiteout(std::string_view name) {
  const auto slash = name.rfind('/');
  const auto directory = slash == std::string_view::npos ? "" : name.substr(0, slash);
  const auto base = slash == std::string_view::npos ? name : name.substr(slash + 1);
  for (std::size_t begin = 0; begin < directory.size();) {
    const auto end = std::min(directory.find('/', begin), directory.size());
    const auto component = directory.substr(begin, end - begin);
    begin = end + 1;
    if (component.starts_with(kBookkeeping)) return WhiteoutName{Whiteout::kIgnored, ""};
    if (component.starts_with(kMark)) return bad_name(name, "which is inside a whiteout");
  }
  if (!base.starts_with(kMark)) return WhiteoutName{};
  if (base == kOpaqueMark) return WhiteoutName{Whiteout::kOpaque, std::string(directory)};
  if (base.starts_with(kBookkeeping)) return WhiteoutName{Whiteout::kIgnored, ""};
  const auto hidden = base.substr(kMark.size());
  if (hidden.empty()) return bad_name(name, "a whiteout that names nothing");
  if (hidden == "." || hidden == "..")
    return bad_name(name, "a whiteout of the directory it stands in");
  return WhiteoutName{Whiteout::kEntry, join_path(directory, hidden)};
}

}  // namespace pivotd::unpack
