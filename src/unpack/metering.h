#pragma once
// Counting what streams by: for the progress bar, and to stop a bomb before it fills memory or
// time.

#include <chrono>
#include <cstdint>
#include <memory>

#include "pivotd/ports/observer.h"
#include "pivotd/unpack/layer_unpacker.h"

#include "unpack/sticky_source.h"

namespace pivotd::unpack {

// Tells an Observer about blob bytes, a few times a second at most, and the last of them.
class ProgressMeter {
 public:
  ProgressMeter(Observer& observer, std::uint64_t total) : observer_(observer), total_(total) {}

  void add(std::uint64_t count);
  void finish();
  std::uint64_t done() const { return done_; }

 private:
  void report();

  Observer& observer_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::uint64_t reported_ = 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Passes a blob on and counts it.
class CountedBlob final : public StickySource {
 public:
  CountedBlob(std::unique_ptr<ByteSource> inner, ProgressMeter& meter)
      : inner_(std::move(inner)), meter_(meter) {}

  std::uint64_t bytes() const { return bytes_; }

 private:
  Result<std::size_t> produce(std::span<std::byte> buffer, const Stop& stop) override;

  std::unique_ptr<ByteSource> inner_;
  ProgressMeter& meter_;
  std::uint64_t bytes_ = 0;
};

// Passes a tar on and refuses one that is far larger than its blob, or that takes all layers
// together over the limit.
class ExpansionGuard final : public StickySource {
 public:
  // `blob` and `total`, the size of all tars until now, must outlive it.
  ExpansionGuard(std::unique_ptr<ByteSource> inner, const CountedBlob& blob, std::uint64_t& total,
                 const Limits& limits)
      : inner_(std::move(inner)), blob_(blob), total_(total), limits_(limits) {}

 private:
  Result<std::size_t> produce(std::span<std::byte> buffer, const Stop& stop) override;

  std::unique_ptr<ByteSource> inner_;
  const CountedBlob& blob_;
  std::uint64_t& total_;
  const Limits& limits_;
  std::uint64_t bytes_ = 0;
};

}  // namespace pivotd::unpack
