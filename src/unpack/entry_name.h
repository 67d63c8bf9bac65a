#pragma once
// Names of tar entries, made comparable.

#include <string>
#include <string_view>

#include "pivotd/unpack/layer_unpacker.h"

namespace pivotd::unpack {

// "srv/repo/config" of "./srv//repo/config/": relative to the image's root and without empty or
// "." components; "" is the root itself. kInvalid on "..", on names longer or deeper than the
// limits.
Result<std::string> normalise_name(std::string_view name, const Limits& limits);

enum class Whiteout {
  kNone,     // an ordinary name
  kEntry,    // ".wh.x": lower layers' "x" is not there
  kOpaque,   // ".wh..wh..opq": lower layers' content of the directory is not there
  kIgnored,  // bookkeeping of aufs
};

struct WhiteoutName {
  Whiteout kind = Whiteout::kNone;
  std::string path;  // of what is hidden, or of the directory

  bool operator==(const WhiteoutName&) const = default;
};

// OCI image-spec, "Whiteouts". `name` is a normalised one. kInvalid on marks that name nothing, or
// the directory they stand in, and on directories that are named like marks.
Result<WhiteoutName> parse_whiteout(std::string_view name);

}  // namespace pivotd::unpack
