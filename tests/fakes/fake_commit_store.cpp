#include "fakes/fake_commit_store.h"

#include <algorithm>

#include "pivotd/base/text.h"

namespace pivotd::fakes {

void FakeCommitStore::prune(const std::vector<Checksum>& deployed) {
  std::erase_if(complete_, [&](const Checksum& commit) {
    return !held_.contains(commit) &&
           std::find(deployed.begin(), deployed.end(), commit) == deployed.end();
  });
}

void FakeCommitStore::change(std::string_view effect,
                             const std::function<void()>& effect_on_repository) {
  if (hook_) hook_(concat(effect, ": before"));
  effect_on_repository();
  if (hook_) hook_(concat(effect, ": after"));
}

Result<Imported> FakeCommitStore::import(const Image& image, ImageSource&, Observer&,
                                         const Stop& stop) {
  TRY(check(stop));
  if (failure_) return *std::exchange(failure_, std::nullopt);
  if (!image->commit) return Error(Errc::kInvalid, "the image names no commit");
  const auto commit = *image->commit;
  if (!complete_.contains(commit) || !held_.contains(commit)) {
    change("import", [&] {
      imports_ += complete_.insert(commit).second ? 1 : 0;
      held_.insert(commit);
    });
  }
  return prove(commit, {});
}

Result<std::optional<Imported>> FakeCommitStore::find(const Checksum& commit, const Stop& stop) {
  TRY(check(stop));
  if (!complete_.contains(commit)) return std::optional<Imported>();
  return std::optional<Imported>(prove(commit, {}));
}

Result<void> FakeCommitStore::release_all_but(const std::optional<Checksum>& kept,
                                              const Stop& stop) {
  TRY(check(stop));
  const auto unwanted = [&](const Checksum& commit) { return commit != kept; };
  if (std::none_of(held_.begin(), held_.end(), unwanted)) return {};
  change("release", [&] { std::erase_if(held_, unwanted); });
  return {};
}

}  // namespace pivotd::fakes
