#pragma once
// Finds the OSTree objects in an image's layers, as they stream by: blob bytes are inflated, hashed
// and read as tar, and what lies under 'srv/repo' goes straight to an ObjectSink. Nothing is
// written to disk here, and the repository's own configuration is never believed.

#include <cstddef>
#include <cstdint>

#include "pivotd/ports/object_sink.h"

namespace pivotd::unpack {

// What no honest image comes near. Passing one is kInvalid and names it.
struct Limits {
  std::size_t layers = 128;
  std::uint64_t entries = 5'000'000;             // of all layers
  std::uint64_t repository_entries = 1'000'000;  // objects and refs, which are remembered
  std::uint64_t entry_size = std::uint64_t{8} << 30;
  std::uint64_t total_size = std::uint64_t{64} << 30;           // of all tars
  std::uint64_t expansion_ratio = 200;                          // tar bytes for each blob byte, ...
  std::uint64_t expansion_allowance = std::uint64_t{64} << 20;  // ... after so many of a layer
  std::size_t name_size = 4095;
  std::size_t component_size = 255;
  std::size_t depth = 64;
};

class LayerUnpacker final : public Unpacker {
 public:
  LayerUnpacker() = default;
  explicit LayerUnpacker(const Limits& limits) : limits_(limits) {}

  // Adds to the port's contract: an error that was found in bytes whose digest was not known yet is
  // reported only after the rest of the blob was read and the digest was right; a wrong digest is
  // reported in its place.
  Result<UnpackedImage> unpack(const Image& image, ImageSource& source, ObjectSink& sink,
                               Observer& observer, const Stop& stop) override;

 private:
  Limits limits_;
};

}  // namespace pivotd::unpack
