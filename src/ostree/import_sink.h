#pragma once
// Takes the objects of an image into a repository's transaction. Each is checked against its name
// before libostree stores it. Commits are what makes objects visible, so they are kept back: the
// importer writes the one it wants when everything else has proven right.

#include <map>
#include <optional>
#include <string>

#include "pivotd/ports/commit_store.h"
#include "pivotd/ports/object_sink.h"

#include "ostree/repository.h"
#include "ostree/space_budget.h"

namespace pivotd::ostree {

class ImportSink final : public ObjectSink {
 public:
  // `wanted` is the commit to keep; none keeps every commit, as one of them may turn out to be it.
  // `repository` is in a transaction and outlives the sink.
  ImportSink(const Repository& repository, const std::optional<Checksum>& wanted,
             SpaceBudget budget)
      : repository_(repository), wanted_(wanted), budget_(budget) {}

  Result<bool> has(const ObjectName& name, const Stop& stop) override;
  Result<void> write(const ObjectName& name, std::uint64_t size, ByteSource& bytes,
                     const Stop& stop) override;

  // The commit object, where the image had it; nullptr otherwise.
  glib::Variant kept_commit(const Checksum& commit) const;
  Result<void> write_commit(const Checksum& commit, const Stop& stop);

  const ImportStatistics& statistics() const { return statistics_; }

 private:
  Result<void> write_file(const ObjectName& name, std::uint64_t size, ByteSource& bytes,
                          const Stop& stop);
  Result<void> write_metadata(const ObjectName& name, std::uint64_t size, ByteSource& bytes,
                              const Stop& stop);
  Result<void> store(const ObjectName& name, GVariant* object, const Stop& stop);
  Result<void> keep(const Checksum& commit, glib::Variant object);

  const Repository& repository_;
  std::optional<Checksum> wanted_;
  SpaceBudget budget_;
  std::map<Checksum, glib::Variant> commits_;
  std::uint64_t kept_bytes_ = 0;
  ImportStatistics statistics_;
};

}  // namespace pivotd::ostree
