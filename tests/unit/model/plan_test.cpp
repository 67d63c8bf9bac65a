#include "pivotd/model/plan.h"

#include <gtest/gtest.h>

namespace pivotd {
namespace {

const std::string kImage =
    "quay.io/a@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912";

Plan nothing() {
  return {.target_name = "worker",
          .target_content = Digest::of("x"),
          .kernel_args = {.line = *KernelArgs::parse("root=/dev/x nosmt"),
                          .managed = *KernelArgs::parse("nosmt")},
          .reasons = {}};
}

Plan everything() {
  auto plan = nothing();
  plan.image = *ImageRef::parse(kImage);
  plan.custom_origin = "pivot://" + kImage;
  plan.kernel_args.added = *KernelArgs::parse("nosmt a=\"b c\"");
  plan.kernel_args.removed = *KernelArgs::parse("quiet");
  plan.packages_added = {"usbguard"};
  plan.packages_removed = {"libreswan", "NetworkManager-libreswan"};
  plan.kernel_type = KernelType::kRealtime;
  plan.cost = Cost::kReboot;
  plan.reasons = {{.what = "image", .why = "deployed 'x', target 'y'"}};
  return plan;
}

TEST(Plan, IsADocumentWithStableKeys) {
  EXPECT_EQ(
      json::dump(to_json(everything())),
      R"({"target":{"name":"worker","content":")" + Digest::of("x").str() + R"("},"image":")" +
          kImage + R"(","custom_origin":"pivot://)" + kImage +
          R"(","kernel_arguments":{"line":"root=/dev/x nosmt","managed":["nosmt"],)"
          R"("added":["nosmt","a=\"b c\""],"removed":["quiet"]},)"
          R"("packages":{"added":["usbguard"],"removed":["libreswan","NetworkManager-libreswan"]},)"
          R"("kernel_type":"realtime","discard_pending":false,"adopt_pending":false,)"
          R"("cost":"reboot","reasons":[{"what":"image","why":"deployed 'x', target 'y'"}]})");
  EXPECT_EQ(json::dump(to_json(nothing())),
            R"({"target":{"name":"worker","content":")" + Digest::of("x").str() +
                R"("},"image":null,"custom_origin":null,)"
                R"("kernel_arguments":{"line":"root=/dev/x nosmt","managed":["nosmt"],)"
                R"("added":[],"removed":[]},"packages":{"added":[],"removed":[]},)"
                R"("kernel_type":"default","discard_pending":false,"adopt_pending":false,)"
                R"("cost":"nothing","reasons":[]})");
}

TEST(Plan, ReadsWellAtNight) {
  EXPECT_EQ(describe(nothing()), "target 'worker': nothing to do");
  EXPECT_EQ(describe(everything()),
            "target 'worker': make a new deployment and reboot into it\n"
            "image: '" +
                kImage +
                "'\n"
                "kernel arguments added: 'nosmt', 'a=\"b c\"'\n"
                "kernel arguments removed: 'quiet'\n"
                "kernel command line: root=/dev/x nosmt\n"
                "packages added: 'usbguard'\n"
                "packages removed: 'libreswan', 'NetworkManager-libreswan'\n"
                "kernel type: realtime\n"
                "because of image: deployed 'x', target 'y'");
}

TEST(Plan, SaysWhatBecomesOfThePendingDeployment) {
  auto discard = nothing();
  discard.discard_pending = true;
  EXPECT_EQ(describe(discard), "target 'worker': discard the pending deployment, no reboot");
  EXPECT_FALSE(discard.needs_deployment());
  auto adopt = nothing();
  adopt.adopt_pending = true;
  adopt.cost = Cost::kReboot;
  EXPECT_EQ(describe(adopt),
            "target 'worker': reboot into the pending deployment\n"
            "kernel command line: root=/dev/x nosmt");
  EXPECT_FALSE(adopt.needs_deployment());
  EXPECT_TRUE(everything().needs_deployment());
}

}  // namespace
}  // namespace pivotd
