#pragma once
// The record of what we intend and what we did, kept where a power cut cannot tear it.

#include <optional>

#include "pivotd/model/record.h"

namespace pivotd {

class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  virtual ~Journal() = default;

  // The newest generation that can be read; none when there is none, or when all are damaged
  // (`damage` then says what was wrong). Truth is the host's: a lost record is rebuilt from its
  // deployments.
  struct Loaded {
    std::optional<Record> record;
    std::string damage;  // empty, or what was wrong with a generation that was passed over
  };
  virtual Result<Loaded> load() = 0;

  // Durable when it returns; on an error or a power cut the older generation stands.
  virtual Result<void> save(const Record& record) = 0;
};

}  // namespace pivotd
