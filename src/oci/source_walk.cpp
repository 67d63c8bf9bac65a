#include "oci/source_walk.h"

#include <algorithm>

#include "pivotd/base/text.h"

namespace pivotd::oci {

using std::chrono::milliseconds;

namespace {

std::string_view advice_for(Errc code) {
  switch (code) {
    case Errc::kDenied:
      return "check the pull secret, certificates and policy for it";
    case Errc::kNotFound:
      return "check that it holds this digest";
    case Errc::kTransient:
      return "check the network, names and proxy to it";
    case Errc::kIntegrity:
      return "something on the way to it changes bytes";
    case Errc::kInvalid:
    case Errc::kUnsupported:
    case Errc::kBusy:
    case Errc::kNoSpace:
    case Errc::kHost:
    case Errc::kCancelled:
    case Errc::kInternal:
      break;
  }
  return "see above";
}

}  // namespace

SourceWalk::SourceWalk(const RetryPolicy& policy, std::vector<Source> sources, std::size_t first)
    : policy_(policy), current_(0), delay_(policy.first_delay), random_(std::random_device()()) {
  PIVOTD_ASSERT(!sources.empty());
  for (auto& source : sources) {
    states_.push_back({.name = std::move(source.name),
                       .attempts = source.unusable ? 0 : std::max(policy.attempts, 1),
                       .last = std::move(source.unusable),
                       .not_before = {}});
  }
  current_ = std::min(first, states_.size() - 1);
  if (!is_usable(states_[current_])) current_ = next_usable().value_or(current_);
}

Result<void> SourceWalk::check_usable() const {
  if (is_usable(states_[current_])) return {};
  return error_of_all();
}

// The next one in the circle that begins behind the current; it itself comes last.
std::optional<std::size_t> SourceWalk::next_usable() const {
  for (std::size_t step = 1; step <= states_.size(); ++step) {
    const auto index = (current_ + step) % states_.size();
    if (is_usable(states_[index])) return index;
  }
  return std::nullopt;
}

milliseconds SourceWalk::jitter() {
  std::uniform_int_distribution<milliseconds::rep> between(0, delay_.count());
  return milliseconds(between(random_));
}

void SourceWalk::note(State& state, const Failure& failure, bool moved) {
  if (moved) {
    state.attempts = std::max(policy_.attempts, 1);
    delay_ = policy_.first_delay;
  }
  state.last = failure.error;
  state.attempts = failure.error.code() == Errc::kTransient ? state.attempts - 1 : 0;
  if (!failure.retry_after) return;
  const milliseconds asked(*failure.retry_after);
  state.not_before = Clock::now() + std::min(asked, policy_.longest_retry_after);
}

Result<void> SourceWalk::failed(const Failure& failure, std::uint64_t progress, const Stop& stop) {
  if (failure.error.code() == Errc::kCancelled) return failure.error;
  auto& state = states_[current_];
  const bool moved = progress >= policy_.progress;
  note(state, failure, moved);
  const auto next = moved && is_usable(state) ? std::optional(current_) : next_usable();
  if (!next) return error_of_all();
  const bool all_had_their_turn = *next <= current_;
  current_ = *next;
  milliseconds wait{0};
  if (all_had_their_turn) {
    wait = jitter();
    delay_ = std::min(2 * delay_, policy_.longest_delay);
  }
  const auto asked = std::chrono::ceil<milliseconds>(states_[current_].not_before - Clock::now());
  wait = std::max(wait, asked);
  if (wait > milliseconds(0) && !wait_for(wait, stop)) return check(stop);
  return {};
}

Error SourceWalk::error_of_all() const {
  // The primary is last: what it says counts, unless another one may be back later.
  auto code = states_.back().last->code();
  for (const auto& state : states_)
    if (state.last->code() == Errc::kTransient) code = Errc::kTransient;
  if (states_.size() == 1) return *states_.front().last;
  std::vector<std::string> lines;
  for (const auto& state : states_) {
    lines.push_back(concat("[", state.name, ": ", state.last->message(), " (",
                           advice_for(state.last->code()), ")]"));
  }
  return {code, concat("none of ", states_.size(), " sources has it: ", join(lines, " "))};
}

}  // namespace pivotd::oci
