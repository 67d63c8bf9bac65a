#pragma once
// Everything a commit refers to.

#include <set>

#include "pivotd/base/result.h"
#include "pivotd/ports/object_sink.h"

#include "ostree/repository.h"

namespace pivotd::ostree {

// The first object of the commit's tree that is missing; none when the tree is complete. `commit`
// is the commit object itself, which need not be in the repository. Parents are other commits and
// do not count.
class Closure {
 public:
  // `absent` counts as missing whatever the repository has.
  Closure(const Repository& repository, std::set<ObjectName> absent)
      : repository_(repository), absent_(std::move(absent)) {}

  Result<std::optional<ObjectName>> first_missing(GVariant* commit, const Stop& stop);

  // All that the tree of a commit without a missing object has; the commit is not among them.
  const std::set<ObjectName>& objects() const { return seen_; }

 private:
  Result<bool> is_new_and_missing(const ObjectName& name, const Stop& stop);
  Result<std::optional<ObjectName>> visit(const ObjectName& dirtree, const Stop& stop);
  Result<std::optional<ObjectName>> visit_files(GVariant* files, const Stop& stop);
  Result<std::optional<ObjectName>> visit_directory(GVariant* tree, GVariant* meta,
                                                    const Stop& stop);

  const Repository& repository_;
  std::set<ObjectName> absent_;
  std::set<ObjectName> seen_;
  std::vector<ObjectName> dirtrees_;  // still to be visited
};

}  // namespace pivotd::ostree
