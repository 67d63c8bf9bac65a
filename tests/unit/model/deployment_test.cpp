#include "pivotd/model/deployment.h"

#include <gtest/gtest.h>

#include "pivotd/base/text.h"

namespace pivotd {
namespace {

const std::string kRef =
    "quay.io/a@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912";

enum class Mark { kNone, kBooted, kStaged };

Deployment deployment(const std::string& id, Mark mark = Mark::kNone) {
  return {.id = id,
          .stateroot = "os",
          .commit = Checksum(Sha256::of(id)),
          .booted = mark == Mark::kBooted,
          .staged = mark == Mark::kStaged};
}

std::string id_of(const Deployment* deployment) {
  return deployment == nullptr ? "none" : deployment->id;
}

struct Row {
  std::vector<Deployment> all;
  std::string booted;
  std::string pending;
  std::string base;
};

TEST(Deployments, TellBootedPendingAndBaseApart) {
  const std::vector<Row> table{
      {{}, "none", "none", "none"},
      {{deployment("a"), deployment("b")}, "none", "none", "a"},
      {{deployment("a", Mark::kBooted), deployment("b")}, "a", "none", "a"},
      {{deployment("a"), deployment("b", Mark::kBooted)}, "b", "a", "b"},
      {{deployment("a", Mark::kStaged), deployment("b", Mark::kBooted), deployment("c")},
       "b",
       "a",
       "b"},
      {{deployment("a", Mark::kBooted), deployment("b", Mark::kStaged)}, "a", "b", "a"},
  };
  for (const auto& row : table) {
    const Deployments deployments{row.all};
    EXPECT_EQ(id_of(deployments.booted()), row.booted);
    EXPECT_EQ(id_of(deployments.pending()), row.pending);
    EXPECT_EQ(id_of(deployments.base()), row.base);
  }
}

TEST(Deployment, KnowsItsImageWhenItsOriginSaysIt) {
  auto ours = deployment("a");
  ours.custom_origin = "pivot://" + kRef;
  ASSERT_TRUE(ours.image().has_value());
  EXPECT_EQ(ours.image()->str(), kRef);
  for (const auto& origin :
       std::vector<std::string>{std::string(), kRef, "pivot://quay.io/a:v1", "pivot://",
                                "PIVOT://" + kRef, "pivot://pivot://" + kRef}) {
    auto other = deployment("a");
    other.custom_origin = origin;
    EXPECT_EQ(other.image(), std::nullopt) << origin;
  }
}

TEST(Deployment, HasTheImagesCommitBelowItsPackages) {
  auto layered = deployment("a");
  EXPECT_EQ(layered.base_commit(), layered.commit);
  layered.base = Checksum(Sha256::of("image"));
  EXPECT_EQ(layered.base_commit(), Checksum(Sha256::of("image")));
}

}  // namespace
}  // namespace pivotd
