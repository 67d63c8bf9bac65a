#include "unpack/metering.h"

#include "pivotd/base/text.h"

namespace pivotd::unpack {

namespace {
constexpr std::chrono::milliseconds kBetweenReports{200};
}

void ProgressMeter::add(std::uint64_t count) {
  done_ += count;
  if (std::chrono::steady_clock::now() - last_ >= kBetweenReports) report();
}

void ProgressMeter::finish() {
  if (reported_ != done_) report();
}

void ProgressMeter::report() {
  observer_.on_progress({.done = done_, .total = total_});
  reported_ = done_;
  last_ = std::chrono::steady_clock::now();
}

Result<std::size_t> CountedBlob::produce(std::span<std::byte> buffer, const Stop& stop) {
  const auto count = TRY(inner_->read(buffer, stop));
  bytes_ += count;
  meter_.add(count);
  return count;
}

Result<std::size_t> ExpansionGuard::produce(std::span<std::byte> buffer, const Stop& stop) {
  TRY(check(stop));  // a bomb inflates for long without reading
  const auto count = TRY(inner_->read(buffer, stop));
  bytes_ += count;
  total_ += count;
  if (total_ > limits_.total_size)
    return Error(Errc::kInvalid, concat("the layers hold more than the limit of ",
                                        human_bytes(limits_.total_size)));
  if (bytes_ > limits_.expansion_allowance && bytes_ / limits_.expansion_ratio > blob_.bytes())
    return Error(Errc::kInvalid, concat("the layer expands to more than ", limits_.expansion_ratio,
                                        " times its size: it is a decompression bomb"));
  return count;
}

}  // namespace pivotd::unpack
