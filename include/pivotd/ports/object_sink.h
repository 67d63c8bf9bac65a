#pragma once
// From layers to objects: an Unpacker finds the OSTree objects in an image's layers, an ObjectSink
// takes them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/bytes.h"
#include "pivotd/ports/image_source.h"
#include "pivotd/ports/observer.h"

namespace pivotd {

// The kinds that are named by their content. Detached metadata (.commitmeta) is not, and is never
// taken.
enum class ObjectKind { kFile, kDirTree, kDirMeta, kCommit };

// "<64 hex>.filez" of an archive repository.
struct ObjectName {
  Checksum checksum;
  ObjectKind kind;

  auto operator<=>(const ObjectName&) const = default;
};

class ObjectSink {
 public:
  ObjectSink() = default;
  ObjectSink(const ObjectSink&) = delete;
  ObjectSink& operator=(const ObjectSink&) = delete;
  virtual ~ObjectSink() = default;

  // An object that is here already is not offered: its bytes are skipped.
  virtual Result<bool> has(const ObjectName& name, const Stop& stop) = 0;

  // `size` bytes as they stand in an archive repository (kFile: the .filez form). kIntegrity when
  // they are not what the name says; the sink then holds nothing of it. Nothing offered is visible
  // to anyone before the whole import succeeds.
  virtual Result<void> write(const ObjectName& name, std::uint64_t size, ByteSource& bytes,
                             const Stop& stop) = 0;
};

// What an image's layers held besides objects.
struct UnpackedImage {
  // refs/heads of the embedded repository after all layers: name and what it names, sorted by name.
  std::vector<std::pair<std::string, Checksum>> refs;
  // Offered to the sink from a lower layer and then deleted by a later one: the image does not have
  // them. Sorted by name.
  std::vector<ObjectName> hidden;
  std::uint64_t objects_written = 0;
  std::uint64_t objects_skipped = 0;
  std::uint64_t blob_bytes = 0;    // read from the source
  std::uint64_t object_bytes = 0;  // of the objects offered to the sink
};

class Unpacker {
 public:
  Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual ~Unpacker() = default;

  // Streams every layer to its end, so that on success every blob digest, size and DiffID was
  // right. Progress is told to `observer` in blob bytes. kIntegrity on wrong content, kInvalid on a
  // tar no image should have, kUnsupported on a compression or layer kind pivotd does not take;
  // errors of source and sink as they are.
  virtual Result<UnpackedImage> unpack(const Image& image, ImageSource& source, ObjectSink& sink,
                                       Observer& observer, const Stop& stop) = 0;
};

}  // namespace pivotd
