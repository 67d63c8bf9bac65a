#include "unpack/repository_path.h"

#include <algorithm>
#include <array>

#include "pivotd/base/text.h"

namespace pivotd::unpack {

namespace {

constexpr std::string_view kObjects = "srv/repo/objects/";
constexpr std::string_view kRefs = "srv/repo/refs/heads/";
constexpr std::array<std::string_view, 6> kOnTheWay{
    "", "srv", "srv/repo", "srv/repo/objects", "srv/repo/refs", "srv/repo/refs/heads"};
constexpr std::size_t kFanOut = 2;
constexpr std::size_t kRest = 62;

struct Extension {
  std::string_view text;
  ObjectKind kind;
};
constexpr std::array kExtensions{
    Extension{"filez", ObjectKind::kFile}, Extension{"dirtree", ObjectKind::kDirTree},
    Extension{"dirmeta", ObjectKind::kDirMeta}, Extension{"commit", ObjectKind::kCommit}};

bool is_fan_out(std::string_view text) {
  return text.size() == kFanOut && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Error wrong_mode() {
  return {Errc::kUnsupported,
          "the image's repository at '/srv/repo' is not of mode 'archive', so its objects cannot "
          "be taken"};
}

// `path` is below 'objects/'.
Result<RepositoryPath> locate_object(std::string_view path) {
  if (is_fan_out(path)) return RepositoryPath{.place = Place::kOnTheWay};
  constexpr auto kDot = kFanOut + 1 + kRest;
  if (path.size() <= kDot || path[kFanOut] != '/' || path[kDot] != '.') return RepositoryPath{};
  const auto value =
      sha256_from_hex(concat(path.substr(0, kFanOut), path.substr(kFanOut + 1, kRest)));
  if (!value) return RepositoryPath{};
  const auto extension = path.substr(kDot + 1);
  if (extension == "file") return wrong_mode();
  const auto* found = std::ranges::find(kExtensions, extension, &Extension::text);
  if (found == kExtensions.end()) return RepositoryPath{};
  return RepositoryPath{.place = Place::kObject,
                        .object = ObjectName{Checksum(*value), found->kind}};
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

Result<RepositoryPath> locate(std::string_view path) {
  if (std::ranges::find(kOnTheWay, path) != kOnTheWay.end())
    return RepositoryPath{.place = Place::kOnTheWay};
  if (path == "srv/repo/config") return RepositoryPath{.place = Place::kConfig};
  if (path.starts_with(kRefs))
    return RepositoryPath{.place = Place::kRef, .ref = std::string(path.substr(kRefs.size()))};
  if (path.starts_with(kObjects)) return locate_object(path.substr(kObjects.size()));
  return RepositoryPath{};
}

Result<void> check_config(std::string_view config) {
  for (const auto& line : split(config, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    const auto text = std::string_view(line);
    if (trim(text.substr(0, equals)) != "mode") continue;
    const auto mode = trim(text.substr(equals + 1));
    if (mode != "archive" && mode != "archive-z2")
      return wrong_mode().context(concat("its configuration says 'mode=", printable(mode), "'"));
  }
  return {};
}

}  // namespace pivotd::unpack
