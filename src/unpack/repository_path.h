#pragma once
// What a path of the image means for the OSTree repository in it.

#include <optional>
#include <string>
#include <string_view>

#include "pivotd/ports/object_sink.h"

namespace pivotd::unpack {

enum class Place {
  kElsewhere,  // nothing to us
  kOnTheWay,   // a directory above what we take: the root, 'srv', ..., 'srv/repo/objects/ab'
  kObject,
  kRef,     // under 'srv/repo/refs/heads': a ref, or a directory of refs
  kConfig,  // 'srv/repo/config'
};

struct RepositoryPath {
  Place place = Place::kElsewhere;
  std::optional<ObjectName> object = std::nullopt;  // with kObject
  std::string ref = {};                             // with kRef: "rhcos/stable"

  bool operator==(const RepositoryPath&) const = default;
};

// `path` is a normalised name. kUnsupported on the loose file of a repository that is not of mode
// 'archive'. What OSTree keeps beside its content-named objects (.commitmeta and the like) is
// kElsewhere.
Result<RepositoryPath> locate(std::string_view path);

// kUnsupported when the embedded repository says that it is of a mode whose objects we cannot take.
// Nothing else in it is looked at.
Result<void> check_config(std::string_view config);

}  // namespace pivotd::unpack
