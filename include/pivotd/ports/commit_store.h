#pragma once
// The repository the host's deployments are made from.

#include <cstdint>
#include <optional>

#include "pivotd/model/digest.h"
#include "pivotd/ports/image_source.h"
#include "pivotd/ports/observer.h"

namespace pivotd {

struct ImportStatistics {
  std::uint64_t objects_written = 0;
  std::uint64_t objects_skipped = 0;  // the repository had them
  std::uint64_t blob_bytes = 0;       // read from the image source
  std::uint64_t object_bytes = 0;     // of the written objects, as they stand in the image

  bool operator==(const ImportStatistics&) const = default;
};

// Proof: the commit and everything it refers to is in the repository, and a ref of ours or a
// deployment holds it there. Only a CommitStore can make one.
class Imported {
 public:
  const Checksum& commit() const { return commit_; }
  const ImportStatistics& statistics() const { return statistics_; }

 private:
  friend class CommitStore;
  Imported(const Checksum& commit, const ImportStatistics& statistics)
      : commit_(commit), statistics_(statistics) {}
  Checksum commit_;
  ImportStatistics statistics_;
};

class CommitStore {
 public:
  CommitStore() = default;
  CommitStore(const CommitStore&) = delete;
  CommitStore& operator=(const CommitStore&) = delete;
  virtual ~CommitStore() = default;

  // Brings the commit inside the image into the repository: the one its label names, else the
  // embedded repository's only ref. All or nothing: on an error, a cancellation or a crash nothing
  // of it is visible, and what was written is reused or cleaned up by the next import. Held by a
  // ref of ours until release_all_but() lets it go. A commit that is here complete already is not
  // fetched again.
  virtual Result<Imported> import(const Image& image, ImageSource& source, Observer& observer,
                                  const Stop& stop) = 0;

  // The proof for a commit that is here complete; none when it is absent or partial.
  virtual Result<std::optional<Imported>> find(const Checksum& commit, const Stop& stop) = 0;

  // Drops every ref of ours except the one that holds `kept`, and leaves the objects to the
  // backend's clean-up.
  virtual Result<void> release_all_but(const std::optional<Checksum>& kept, const Stop& stop) = 0;

 protected:
  static Imported prove(const Checksum& commit, const ImportStatistics& statistics) {
    return {commit, statistics};
  }
};

}  // namespace pivotd
