#include "contract/commit_store.h"
#include "fakes/fake_commit_store.h"
#include "unit/ostree/commit_store_world.h"

namespace pivotd::contract {
namespace {

class FakeWorld final : public CommitStoreWorld {
 public:
  CommitStore& store() override { return store_; }
  Image image(std::size_t index) override {
    return source_.make({}, Checksum(Sha256::of(index == 0 ? "first" : "second")));
  }
  ImageSource& source(std::size_t /*index*/) override { return source_; }
  void prune() override { store_.prune({}); }

 private:
  fakes::FakeCommitStore store_;
  fakes::LayeredSource source_;
};

class RealWorld final : public CommitStoreWorld {
 public:
  RealWorld() : world_("bare-user") {
    for (std::size_t i = 0; i < 2; ++i) {
      tests::ImageMaker maker(directory_.path() / std::to_string(i));
      const auto commit = maker.commit(std::to_string(i));
      images_.push_back(sources_[i].make(
          tests::make_layers(maker.files(), tests::Compression::kGzip, 1), commit));
    }
  }

  CommitStore& store() override { return world_.store(); }
  Image image(std::size_t index) override { return images_[index]; }
  ImageSource& source(std::size_t index) override { return sources_[index]; }
  void prune() override { world_.ostree("prune --refs-only"); }

 private:
  tests::TemporaryDirectory directory_;
  tests::StoreWorld world_;
  std::array<fakes::LayeredSource, 2> sources_;
  std::vector<Image> images_;
};

std::unique_ptr<CommitStoreWorld> make_fake_world() {
  return std::make_unique<FakeWorld>();
}

std::unique_ptr<CommitStoreWorld> make_real_world() {
  return std::make_unique<RealWorld>();
}

INSTANTIATE_TEST_SUITE_P(Fake, CommitStoreContract, testing::Values(make_fake_world));
INSTANTIATE_TEST_SUITE_P(Ostree, CommitStoreContract, testing::Values(make_real_world));

}  // namespace
}  // namespace pivotd::contract
