#pragma once
// Who wants to hear how it goes: status, log, progress bar. Called on the worker's thread; returns
// at once, never fails.

#include <chrono>
#include <cstdint>
#include <string>

#include "pivotd/model/deployment.h"
#include "pivotd/model/plan.h"
#include "pivotd/model/record.h"

namespace pivotd {

struct Progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;  // 0: not known

  bool operator==(const Progress&) const = default;
};

class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  // The phase that begins, and a sentence about it for the log: "importing
  // 'quay.io/...@sha256:..'".
  virtual void on_phase(Phase phase, const std::string& sentence) = 0;
  // In bytes of layer blobs; at most a few times a second.
  virtual void on_progress(const Progress& progress) = 0;
  // Something an administrator may want to look at and that stops nothing.
  virtual void on_warning(const std::string& sentence) = 0;
  // The host was read; what it is now. The engine's record beside it.
  virtual void on_host(const Host& host, const Record& record) { (void)host, (void)record; }
  virtual void on_plan(const Plan& plan) { (void)plan; }
};

}  // namespace pivotd
