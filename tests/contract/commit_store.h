#pragma once
// What every CommitStore must do, written against a world that a backend's test provides. Include
// in one file of a test program and instantiate:
//   INSTANTIATE_TEST_SUITE_P(Fake, CommitStoreContract, testing::Values(make_fake_world));

#include <memory>
#include <stop_token>

#include <gtest/gtest.h>

#include "pivotd/ports/commit_store.h"

#include "fakes/layered_source.h"

namespace pivotd::contract {

// An empty repository and two images that can be imported into it.
class CommitStoreWorld {
 public:
  CommitStoreWorld() = default;
  CommitStoreWorld(const CommitStoreWorld&) = delete;
  CommitStoreWorld& operator=(const CommitStoreWorld&) = delete;
  virtual ~CommitStoreWorld() = default;

  virtual CommitStore& store() = 0;
  virtual Image image(std::size_t index) = 0;  // 0 or 1
  virtual ImageSource& source(std::size_t index) = 0;
  // Anybody's prune: what no ref and no deployment holds goes.
  virtual void prune() = 0;
};

inline Stop requested_stop() {
  // On the heap, because GCC 12 warns that the constructor uses itself uninitialized.
  const auto source = std::make_unique<std::stop_source>();
  source->request_stop();
  return source->get_token();
}

using MakeCommitStoreWorld = std::unique_ptr<CommitStoreWorld> (*)();

class CommitStoreContract : public testing::TestWithParam<MakeCommitStoreWorld> {
 protected:
  Result<Imported> import(std::size_t index, const Stop& stop = Stop()) {
    return world_->store().import(world_->image(index), world_->source(index), observer_, stop);
  }
  Checksum commit(std::size_t index) { return *world_->image(index)->commit; }
  bool has(std::size_t index) {
    const auto found = world_->store().find(commit(index), Stop());
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().message());
    return found.ok() && found->has_value();
  }

  std::unique_ptr<CommitStoreWorld> world_ = GetParam()();
  fakes::ProgressObserver observer_;
};

TEST_P(CommitStoreContract, BringsInTheCommitOfTheImage) {
  EXPECT_FALSE(has(0));
  const auto imported = import(0);
  ASSERT_TRUE(imported.ok()) << imported.error().message();
  EXPECT_EQ(imported->commit(), commit(0));
  const auto found = world_->store().find(commit(0), Stop());
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->commit(), commit(0));
  EXPECT_EQ((*found)->statistics(), ImportStatistics{});
}

TEST_P(CommitStoreContract, DoesNotFetchWhatIsThere) {
  ASSERT_TRUE(import(0).ok());
  const auto again = import(0);
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(again->commit(), commit(0));
  EXPECT_EQ(again->statistics(), ImportStatistics{});
}

TEST_P(CommitStoreContract, HoldsWhatItImportedAgainstAPrune) {
  ASSERT_TRUE(import(0).ok());
  ASSERT_TRUE(import(1).ok());
  world_->prune();
  EXPECT_TRUE(has(0));
  EXPECT_TRUE(has(1));
}

TEST_P(CommitStoreContract, ReleasesAllButWhatIsKept) {
  ASSERT_TRUE(import(0).ok());
  ASSERT_TRUE(import(1).ok());
  ASSERT_TRUE(world_->store().release_all_but(commit(1), Stop()).ok());
  world_->prune();
  EXPECT_FALSE(has(0));
  EXPECT_TRUE(has(1));
  ASSERT_TRUE(world_->store().release_all_but(std::nullopt, Stop()).ok());
  world_->prune();
  EXPECT_FALSE(has(1));
}

TEST_P(CommitStoreContract, BringsBackWhatWasPruned) {
  ASSERT_TRUE(import(0).ok());
  ASSERT_TRUE(world_->store().release_all_but(std::nullopt, Stop()).ok());
  world_->prune();
  ASSERT_FALSE(has(0));
  ASSERT_TRUE(import(0).ok());
  EXPECT_TRUE(has(0));
}

TEST_P(CommitStoreContract, DoesNothingOnceStopWasRequested) {
  const auto stop = requested_stop();
  const auto imported = import(0, stop);
  ASSERT_FALSE(imported.ok());
  EXPECT_EQ(imported.error().code(), Errc::kCancelled);
  EXPECT_FALSE(has(0));
  const auto found = world_->store().find(commit(0), stop);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code(), Errc::kCancelled);
  const auto released = world_->store().release_all_but(std::nullopt, stop);
  ASSERT_FALSE(released.ok());
  EXPECT_EQ(released.error().code(), Errc::kCancelled);
}

}  // namespace pivotd::contract
