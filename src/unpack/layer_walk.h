#pragma once
// Walks the tars of an image, layer by layer, and hands the repository's objects to a sink.

#include "pivotd/ports/object_sink.h"
#include "pivotd/unpack/layer_unpacker.h"

#include "unpack/merged_tree.h"
#include "unpack/repository_path.h"
#include "unpack/tar_reader.h"

namespace pivotd::unpack {

class LayerWalk {
 public:
  LayerWalk(ObjectSink& sink, const Limits& limits) : sink_(sink), limits_(limits) {}

  // One layer, bottom first, to its tar's end. `tar` itself is not read to its end.
  Result<void> walk(ByteSource& tar, const Stop& stop);

  // What was found; blob_bytes is not ours to know.
  UnpackedImage finish();

 private:
  struct Found;

  Result<void> take_entry(TarReader& tar, const TarEntry& entry, const Stop& stop);
  Result<void> take_whiteout(const Found& found);
  Result<void> take_named(TarReader& tar, const Found& found, const Stop& stop);
  Result<void> take_object(TarReader& tar, const Found& found, const ObjectName& name,
                           const Stop& stop);
  Result<void> take_ref(TarReader& tar, const Found& found, const std::string& ref,
                        const Stop& stop);
  Result<void> check_size();

  ObjectSink& sink_;
  const Limits& limits_;
  MergedTree tree_;
  UnpackedImage unpacked_;
  std::uint64_t entries_ = 0;
};

}  // namespace pivotd::unpack
