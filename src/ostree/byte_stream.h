#pragma once
// A GInputStream over a ByteSource and back: libostree takes and gives the former, everything of
// ours is the latter.

#include <optional>

#include "pivotd/base/bytes.h"
#include "pivotd/glib/gptr.h"

namespace pivotd::ostree {

// What a stream's reader could not be told in full, because a GError has no room for it.
struct StreamFailure {
  std::optional<Error> error;
};

// Reads from `source`, asking `stop`. An error of the source is put into `failure`; the reader in
// GLib gets a GError in its place. All three must outlive the stream, which must not outlive the
// call it is made for.
glib::Object<GInputStream> make_stream(ByteSource& source, const Stop& stop,
                                       StreamFailure& failure);

}  // namespace pivotd::ostree
