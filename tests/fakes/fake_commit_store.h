#pragma once
// A repository in memory: which commits are complete in it, and which of them a ref of ours holds.

#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "pivotd/ports/commit_store.h"

namespace pivotd::fakes {

class FakeCommitStore final : public CommitStore {
 public:
  // Told "import: before", "import: after" ... around each change, and not when there is nothing to
  // change. What it throws passes through: the change is then not made, or made.
  using Hook = std::function<void(std::string_view effect)>;

  void set_hook(Hook hook) { hook_ = std::move(hook); }
  // The next import fails with this, and changes nothing.
  void fail_next(Error error) { failure_ = std::move(error); }
  // Complete, held by a deployment.
  void hold_deployed(const Checksum& commit) { complete_.insert(commit); }
  // Anybody's prune: what is neither deployed nor held by a ref of ours goes.
  void prune(const std::vector<Checksum>& deployed);

  const std::set<Checksum>& held() const { return held_; }
  int imports() const { return imports_; }  // that brought something in

  // Takes any image whose content has a commit.
  Result<Imported> import(const Image& image, ImageSource& source, Observer& observer,
                          const Stop& stop) override;
  Result<std::optional<Imported>> find(const Checksum& commit, const Stop& stop) override;
  Result<void> release_all_but(const std::optional<Checksum>& kept, const Stop& stop) override;

 private:
  void change(std::string_view effect, const std::function<void()>& effect_on_repository);

  std::set<Checksum> complete_;
  std::set<Checksum> held_;
  Hook hook_;
  std::optional<Error> failure_;
  int imports_ = 0;
};

}  // namespace pivotd::fakes
