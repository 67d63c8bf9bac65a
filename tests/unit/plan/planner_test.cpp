#include "pivotd/plan/planner.h"

#include <gtest/gtest.h>

#include "unit/plan/builders.h"

namespace pivotd {
namespace {

using Words = std::vector<std::string>;

std::string image(std::string_view content) {
  return concat(R"("osImageURL": ")", reference("os", content), "\"");
}

Plan unchanged(std::string_view spec, std::string_view line) {
  const auto target = target_of(spec);
  return {.target_name = "worker",
          .target_content = target.content,
          .kernel_args = {.line = args(line)},
          .kernel_type = target.kernel_type};
}

TEST(Planner, HasNothingToDoWhereTheHostIsTheTarget) {
  const auto spec = image("a");
  EXPECT_EQ(must_plan(spec, host_of("rw")), unchanged(spec, "rw"));
}

TEST(Planner, LeavesTheSystemAloneWithoutAnImage) {
  auto expected = unchanged("", "rw");
  expected.reasons = {
      {.what = "image", .why = "the target names no image: the operating system stays what it is"}};
  EXPECT_EQ(must_plan("", host_of("rw")), expected);
}

TEST(Planner, DeploysAnotherImage) {
  const auto spec = image("b");
  auto expected = unchanged(spec, "rw");
  expected.image = *ImageRef::parse(reference("os", "b"));
  expected.custom_origin = concat("pivot://", reference("os", "b"));
  expected.cost = Cost::kReboot;
  expected.reasons = {{.what = "image",
                       .why = concat("deployed '", Digest::of("a").str(), "', target '",
                                     Digest::of("b").str(), "'")}};
  EXPECT_EQ(must_plan(spec, host_of("rw")), expected);
}

TEST(Planner, DeploysAnImageOverWhatNoImageMade) {
  auto host = host_of("rw");
  host.deployments.all[0].custom_origin.clear();
  const auto plan = must_plan(image("a"), host);
  EXPECT_EQ(plan.image, ImageRef::parse(reference("os", "a")).value());
  EXPECT_EQ(words_of(plan), (Words{concat("image: deployed commit '", commit("a").str(),
                                          "' of no image, target '", Digest::of("a").str(), "'")}));
}

TEST(Planner, MakesNoRebootOfAnotherNameForTheSameImage) {
  const auto spec = concat(R"("osImageURL": ")", reference("mirror/os", "a"), "\"");
  auto expected = unchanged(spec, "rw");
  expected.reasons = {
      {.what = "image",
       .why = concat("the target names the deployed image '", reference("mirror/os", "a"),
                     "', it is recorded as '", reference("os", "a"),
                     "': the name alone is worth no reboot, and is refreshed with the next "
                     "deployment")}};
  EXPECT_EQ(must_plan(spec, host_of("rw")), expected);
  const auto with_argument =
      must_plan(concat(spec, R"(, "kernelArguments": ["nosmt"])"), host_of("rw"));
  EXPECT_EQ(with_argument.image, std::nullopt);
  EXPECT_EQ(with_argument.custom_origin, concat("pivot://", reference("mirror/os", "a")));
}

TEST(Planner, SeesThatAnotherImageHoldsTheSameCommit) {
  const auto spec = image("rebuilt");
  auto expected = unchanged(spec, "rw");
  expected.reasons = {{.what = "image",
                       .why = concat("'", reference("os", "rebuilt"), "' holds commit '",
                                     commit("a").str(), "', which is deployed already")}};
  EXPECT_EQ(must_plan(spec, host_of("rw"), {}, commit("a")), expected);
}

TEST(Planner, BelievesTheCommitMoreThanTheOrigin) {
  auto host = host_of("rw");
  host.deployments.all[0].commit = commit("something else");
  const auto plan = must_plan(image("a"), host, {}, commit("a"));
  EXPECT_EQ(plan.image, ImageRef::parse(reference("os", "a")).value());
  EXPECT_EQ(plan.cost, Cost::kReboot);
}

TEST(Planner, LooksBelowLayeredPackagesForTheCommit) {
  auto host = host_of("rw");
  host.deployments.all[0].base = commit("a");
  host.deployments.all[0].commit = commit("layered");
  EXPECT_EQ(must_plan(image("rebuilt"), host, {}, commit("a")).cost, Cost::kNothing);
}

TEST(Planner, KeepsTheOriginWhereOnlyKernelArgumentsChange) {
  const auto spec = concat(image("a"), R"(, "kernelArguments": ["nosmt"])");
  auto expected = unchanged(spec, "rw nosmt");
  expected.kernel_args.managed = args("nosmt");
  expected.kernel_args.added = args("nosmt");
  expected.cost = Cost::kReboot;
  expected.reasons = {{.what = "kernel arguments", .why = "the target adds 'nosmt'"}};
  EXPECT_EQ(must_plan(spec, host_of("rw")), expected);
}

TEST(Planner, PlansFromTheFirstDeploymentWhereNoneIsBooted) {
  auto host = host_of("rw");
  host.deployments.all[0].booted = false;
  host.deployments.all.push_back(deployment_of("b", "rw other"));
  EXPECT_EQ(must_plan(image("a"), host), unchanged(image("a"), "rw"));
}

TEST(Planner, RefusesAHostWithoutDeployments) {
  EXPECT_EQ(refusal_of("", Host{}),
            "unsupported: this host has no OSTree deployment that a new one could be based on: "
            "pivotd updates installed hosts, it does not install them");
}

TEST(Planner, RefusesBootCriticalArgumentsByName) {
  EXPECT_EQ(refusal_of(R"("kernelArguments": ["nosmt root=/dev/y", "ostree=/x", "\"fips=1\""])",
                       host_of("rw")),
            "invalid: the target's kernel arguments name what the host needs to boot, which pivotd "
            "neither adds nor removes: 'root=/dev/y', 'ostree=/x', '\"fips=1\"'");
}

TEST(Planner, RefusesToRewriteALineWithAnOpenQuote) {
  const auto host = host_of("rw a=\"b");
  EXPECT_EQ(refusal_of(R"("kernelArguments": ["nosmt"])", host),
            "unsupported: kernel arguments: 'a=\"b' on the host's command line has a quote that is "
            "not closed, which would swallow what comes after it");
  EXPECT_EQ(refusal_of("", host), "accepted");
}

TEST(Planner, ReportsAllThatTheHostCannotDo) {
  EXPECT_EQ(
      refusal_of(R"("fips": true, "extensions": ["frob"], "kernelType": "realtime",
      "config": {"ignition": {"version": "3.2.0"}, "storage": {"raid": [{"name": "x"}]}})",
                 host_of("rw")),
      "unsupported: fips: the target asks for FIPS mode on, the host runs with it off, and it "
      "cannot be changed after installation; ignition: the target has 'storage.raid', and "
      "pivotd cannot tell whether this host was provisioned with it: neither "
      "'/etc/mcs-machine-config-content.json' nor '/etc/machine-config-daemon/currentconfig' "
      "says so; extensions: 'frob' is not an extension of this operating system; extensions: "
      "the libostree backend cannot layer packages: rpm-ostree is needed for it; kernel type "
      "'realtime': the libostree backend cannot layer packages: rpm-ostree is needed for it");
}

// One host, one target, and what waits for the next boot.
struct Pending {
  std::string name;
  Deployment pending;
  std::string spec;
  std::optional<Checksum> target_commit;
  bool adopt;
  bool discard;
  Cost cost;
};

Deployment without_origin(Deployment deployment) {
  deployment.custom_origin.clear();
  return deployment;
}

Deployment with_packages(Deployment deployment) {
  deployment.packages = {"vim"};
  return deployment;
}

TEST(Planner, AdoptsReplacesOrDiscardsWhatIsPending) {
  const auto nosmt = R"("kernelArguments": ["nosmt"])";
  const auto b_nosmt = concat(image("b"), ", ", nosmt);
  const std::vector<Pending> table{
      {"same image", staged_of("b", "rw"), image("b"), {}, true, false, Cost::kReboot},
      {"same image and line", staged_of("b", "rw nosmt"), b_nosmt, {}, true, false, Cost::kReboot},
      {"same commit", without_origin(staged_of("b", "rw")), image("b"), commit("b"), true, false,
       Cost::kReboot},
      {"unknown commit",
       without_origin(staged_of("b", "rw")),
       image("b"),
       {},
       false,
       false,
       Cost::kReboot},
      {"false origin", staged_of("b", "rw"), image("b"), commit("other"), false, false,
       Cost::kReboot},
      {"another line", staged_of("b", "rw"), b_nosmt, {}, false, false, Cost::kReboot},
      {"another order", staged_of("b", "nosmt rw"), b_nosmt, {}, false, false, Cost::kReboot},
      {"another image", staged_of("c", "rw"), image("b"), {}, false, false, Cost::kReboot},
      {"packages on it",
       with_packages(staged_of("b", "rw")),
       image("b"),
       {},
       false,
       false,
       Cost::kReboot},
      {"arguments only", staged_of("a", "rw nosmt"), nosmt, {}, true, false, Cost::kReboot},
      {"arguments only, another commit",
       staged_of("b", "rw nosmt"),
       nosmt,
       {},
       false,
       false,
       Cost::kReboot},
      {"back to what is booted", staged_of("b", "rw"), image("a"), {}, false, true, Cost::kNothing},
      {"back to the booted commit", staged_of("b", "rw"), image("rebuilt"), commit("a"), false,
       true, Cost::kNothing},
      {"nothing asked for", staged_of("b", "rw"), "", {}, false, true, Cost::kNothing},
      {"a copy of what is booted",
       staged_of("a", "rw"),
       image("a"),
       {},
       false,
       true,
       Cost::kNothing},
  };
  for (const auto& row : table) {
    auto host = host_of("rw");
    host.deployments.all.insert(host.deployments.all.begin(), row.pending);
    const auto plan = must_plan(row.spec, host, {}, row.target_commit);
    EXPECT_EQ(plan.adopt_pending, row.adopt) << row.name;
    EXPECT_EQ(plan.discard_pending, row.discard) << row.name;
    EXPECT_EQ(plan.cost, row.cost) << row.name;
    EXPECT_EQ(plan.reasons.back().what, "pending") << row.name;
  }
}

TEST(Planner, SaysWhosePendingDeploymentItReplaces) {
  auto host = host_of("rw");
  auto foreign = without_origin(staged_of("b", "rw"));
  foreign.origin = "fedora:fedora/x86_64/coreos/stable";
  host.deployments.all.insert(host.deployments.all.begin(), foreign);
  EXPECT_EQ(must_plan(image("c"), host).reasons.back().why,
            "deployment 'os-b.1' of 'fedora:fedora/x86_64/coreos/stable' is not what the target "
            "asks for: it is replaced");
  EXPECT_EQ(must_plan(image("a"), host).reasons.back().why,
            "deployment 'os-b.1' of 'fedora:fedora/x86_64/coreos/stable' waits for a boot, but the "
            "host is what the target asks for: it is discarded");
}

TEST(Planner, DiscardsWhatWasRolledBackToByHand) {
  auto host = host_of("rw");
  host.deployments.all.insert(host.deployments.all.begin(), deployment_of("old", "rw"));
  const auto plan = must_plan(image("a"), host);
  EXPECT_TRUE(plan.discard_pending);
  EXPECT_EQ(plan.cost, Cost::kNothing);
}

// Carrying a plan out and planning again leaves nothing to do, whatever the target.
TEST(Planner, IsDoneAfterItsPlanWasCarriedOut) {
  for (const auto& spec : std::vector<std::string>{
           "", image("b"), concat(image("b"), R"(, "kernelArguments": ["nosmt", "a=1 a=2"])"),
           concat(image("a"), R"(, "kernelArguments": ["console=ttyS0"])")}) {
    auto host = host_of("console=ttyS0 rw console=tty0");
    const auto plan = must_plan(spec, host);
    auto& booted = host.deployments.all[0];
    if (plan.image) booted.commit = commit("b");
    if (plan.custom_origin) booted.custom_origin = *plan.custom_origin;
    booted.kernel_args = plan.kernel_args.line;
    const Ledger ledger{{.line = plan.kernel_args.line, .managed = plan.kernel_args.managed}};
    const auto again = must_plan(spec, host, ledger);
    EXPECT_EQ(again.cost, Cost::kNothing) << spec;
    EXPECT_EQ(again.kernel_args.managed, plan.kernel_args.managed) << spec;
  }
}

}  // namespace
}  // namespace pivotd
