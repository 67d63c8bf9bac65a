#include "fakes/fake_world.h"

#include "pivotd/base/text.h"

namespace pivotd::fakes {

namespace {

KernelArgs args(std::string_view line) {
  return KernelArgs::parse(line).value();
}

}  // namespace

Result<void> FakeJournal::save(const Record& saved) {
  effect_("save: before");
  // What is kept is what can be read back.
  record = parse_record(serialize(saved)).value();
  phases.push_back(saved.phase);
  effect_("save: after");
  return {};
}

Result<RebootOutcome> FakePower::reboot(const Staged&, const Stop&) {
  effect_("reboot: before");
  requested = true;
  effect_("reboot: after");
  return left_to_someone_else ? RebootOutcome::kLeftToSomeoneElse : RebootOutcome::kUnderWay;
}

Result<void> FakePower::withdraw() {
  if (!requested) return {};
  effect_("withdraw: before");
  requested = false;
  effect_("withdraw: after");
  return {};
}

FakeWorld::FakeWorld(char letter, std::string_view kernel_args)
    : deployer(Deployments{{FakeDeployer::booted_deployment(
          commit(letter), args(kernel_args), concat(kOriginScheme, image(letter).str()))}}),
      power([this](std::string_view name) { effect(name); }),
      journal([this](std::string_view name) { effect(name); }) {
  const auto hook = [this](std::string_view name) { effect(name); };
  deployer.set_hook(hook);
  commits.set_hook(hook);
  commits.hold_deployed(commit(letter));
  for (char each = 'a'; each <= 'f'; ++each)
    images.put({.reference = image(each),
                .manifest = image(each).digest(),
                .config = Digest::of(concat("config ", each)),
                .architecture = "amd64",
                .labels = {},
                .commit = commit(each),
                .layers = {}});
  host.running.architecture = "amd64";
  host.running.kernel_release = "6.1.0";
  come_up();
}

ImageRef FakeWorld::image(char letter) {
  const auto digest = Digest::of(concat("image ", letter));
  return ImageRef::parse(concat("registry.example/os@", digest.str())).value();
}

Checksum FakeWorld::commit(char letter) {
  return Checksum(Sha256::of(concat("commit ", letter)));
}

MachineConfig FakeWorld::target(const std::string& name, char letter,
                                std::string_view kernel_args) {
  json::Array list;
  for (const auto& arg : args(kernel_args).strings()) list.emplace_back(arg);
  const json::Value document =
      json::Object{{"apiVersion", "machineconfiguration.openshift.io/v1"},
                   {"kind", "MachineConfig"},
                   {"metadata", json::Object{{"name", name}}},
                   {"spec", json::Object{{"osImageURL", letter == '\0' ? "" : image(letter).str()},
                                         {"kernelArguments", std::move(list)}}}};
  return MachineConfig::parse(json::dump(document)).value();
}

Result<Outcome> FakeWorld::reconcile(const MachineConfig& target, const Stop& stop) {
  Engine engine(Ports{.images = images,
                      .commits = commits,
                      .deployer = deployer,
                      .power = power,
                      .journal = journal,
                      .host = host,
                      .observer = observer,
                      .clock = clock});
  return engine.reconcile(target, stop);
}

void FakeWorld::reboot(FakeDeployer::Into into) {
  deployer.simulate_boot(into);
  come_up();
}

void FakeWorld::power_cut() {
  deployer.lose_staged();
  come_up();
}

void FakeWorld::prune() {
  std::vector<Checksum> deployed;
  for (const auto& deployment : deployer.deployments().all) deployed.push_back(deployment.commit);
  commits.prune(deployed);
}

void FakeWorld::come_up() {
  power.requested = false;  // the mark is in /run
  host.running.id = concat("boot-", ++boots_);
  host.running.command_line = args("BOOT_IMAGE=/vmlinuz");
  host.running.command_line.append(deployer.deployments().booted()->kernel_args);
}

void FakeWorld::effect(std::string_view name) {
  ++effects_;
  if (effects_ == die_at_) throw Crash{std::string(name)};
}

}  // namespace pivotd::fakes
