#pragma once
// Which source is asked next, and when: the one retry rule for manifests, configs and blobs.
//
// A source that moved bytes is asked again; one that did not makes way for the next, and only when
// all have had their turn is there a pause (full jitter, or what a server asked for).

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "pivotd/oci/registry.h"

#include "oci/endpoint.h"

namespace pivotd::oci {

class SourceWalk {
 public:
  struct Source {
    std::string name;               // "mirror 'mirror.corp:5000/ocp'"
    std::optional<Error> unusable;  // known before it is asked: blocked, bad credentials file
  };
  // Begins at `first` where that can be used.
  SourceWalk(const RetryPolicy& policy, std::vector<Source> sources, std::size_t first);

  // The error of all sources when none is usable.
  Result<void> check_usable() const;
  std::size_t current() const { return current_; }

  // The current source failed after it had brought `progress` bytes. Waits as long as it takes and
  // moves on; on an error there is nobody left to ask, or we were stopped.
  Result<void> failed(const Failure& failure, std::uint64_t progress, const Stop& stop);

 private:
  using Clock = std::chrono::steady_clock;

  struct State {
    std::string name;
    int attempts;
    std::optional<Error> last;
    Clock::time_point not_before;
  };

  bool is_usable(const State& state) const { return state.attempts > 0; }
  std::chrono::milliseconds jitter();
  void note(State& state, const Failure& failure, bool moved);
  std::optional<std::size_t> next_usable() const;
  Error error_of_all() const;

  RetryPolicy policy_;
  std::vector<State> states_;
  std::size_t current_;
  std::chrono::milliseconds delay_;
  std::minstd_rand random_;
};

}  // namespace pivotd::oci
