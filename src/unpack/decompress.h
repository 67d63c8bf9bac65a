#pragma once
// From a layer's blob to its tar. The format is told by its first bytes, never by the media type,
// which says what somebody believed.

#include <memory>

#include "pivotd/base/bytes.h"

namespace pivotd::unpack {

// The content of `blob`: gzip (any number of members), zstd (any number of frames) or the bytes as
// they are. The result ends only after `blob` has reported its end, so a blob that is checked there
// was checked. kIntegrity on damaged, truncated or trailing bytes, kUnsupported on another
// compression, a zstd dictionary or a zstd window over 128 MiB.
Result<std::unique_ptr<ByteSource>> decompress(std::unique_ptr<ByteSource> blob, const Stop& stop);

}  // namespace pivotd::unpack
