#include "pivotd/engine/engine.h"

#include <algorithm>

#include "pivotd/base/text.h"
#include "pivotd/engine/verify.h"
#include "pivotd/plan/planner.h"

namespace pivotd {

namespace {

constexpr std::string_view kOriginDescription = "Managed by pivotd";

bool awaits_boot(Phase phase) {
  return phase == Phase::kStaging || phase == Phase::kStaged || phase == Phase::kRebooting;
}

// What pivotd put on this line, newest first; one entry a line, and only lines that a deployment
// has or will have.
void remember(Ledger& ledger, const KernelArgsPlan& args, const Deployments& deployments) {
  std::erase_if(ledger, [&](const LedgerEntry& entry) {
    if (entry.line == args.line) return true;
    return std::none_of(
        deployments.all.begin(), deployments.all.end(),
        [&](const Deployment& deployment) { return deployment.kernel_args == entry.line; });
  });
  ledger.insert(ledger.begin(), LedgerEntry{.line = args.line, .managed = args.managed});
}

DeploymentSpec spec_of(const Plan& plan, const Host& host) {
  const auto* replaced = plan.adopt_pending ? host.deployments.pending() : host.deployments.base();
  DeploymentSpec spec;
  spec.kernel_args = plan.kernel_args.line;
  spec.custom_origin = replaced == nullptr ? "" : replaced->custom_origin;
  if (plan.custom_origin && !plan.adopt_pending) spec.custom_origin = *plan.custom_origin;
  if (!spec.custom_origin.empty()) spec.custom_origin_description = kOriginDescription;
  return spec;
}

bool is_staged(Phase phase) {
  return phase == Phase::kStaged || phase == Phase::kRebooting;
}

// Whether what was staged became a deployment that could be booted.
bool was_written(const Record& record, const Deployments& deployments) {
  return std::any_of(deployments.all.begin(), deployments.all.end(),
                     [&](const Deployment& deployment) {
                       return deployment.base_commit() == record.commit &&
                              deployment.kernel_args == record.kernel_args;
                     });
}

// The pending deployment is the one this record is about already: there is no new intention to
// write down.
bool is_recorded(const Record& record, const Plan& plan, const Imported& commit, const Host& host) {
  return plan.adopt_pending && is_staged(record.phase) && record.boot_id == host.boot.id &&
         record.commit == commit.commit() && record.kernel_args == plan.kernel_args.line;
}

}  // namespace

// One call of reconcile(): what it is about, and what it knows by now.
struct Engine::Job {
  const MachineConfig& target;
  Host host;
  Record record;
  Plan plan;
  bool proven_now = false;  // this call saw the host come up with what was staged
};

Result<Outcome> Engine::reconcile(const MachineConfig& target, const Stop& stop) {
  TRY(check(stop));
  Job job{.target = target,
          .host = TRY(observe(stop)),
          .record = load_record(),
          .plan = {.target_name = target.name, .target_content = target.content}};
  ports_.observer.on_host(job.host, job.record);
  auto outcome = carry_out(job, stop);
  if (!outcome.ok() && outcome.error().code() != Errc::kCancelled)
    record_failure(job, outcome.error());
  return outcome;
}

Result<Plan> Engine::plan(const MachineConfig& target, const Stop& stop) {
  const auto host = TRY(observe(stop));
  const auto record = load_record();
  ports_.observer.on_host(host, record);
  return pivotd::make_plan(
      {.target = target, .host = host, .ledger = record.ledger, .target_commit = {}});
}

Result<Outcome> Engine::carry_out(Job& job, const Stop& stop) {
  TRY(settle(job));
  TRY(make_plan(job, std::nullopt));
  if (job.plan.cost == Cost::kNothing) return nothing_left(job, stop);
  if (job.record.attempt >= kMaxAttempts && job.record.target == job.target.content)
    return Error(Errc::kUnsupported,
                 concat("the host came back without this target ", job.record.attempt,
                        " times: find out why in the journal of those boots; it is not tried again "
                        "until the target changes"));
  const auto commit = TRY(obtain(job, stop));
  // The image may have turned out to hold what is booted.
  if (job.plan.cost == Cost::kNothing) return nothing_left(job, stop);
  const auto staged = TRY(stage(job, commit, stop));
  return reboot(job, staged, stop);
}

Result<Host> Engine::observe(const Stop& stop) {
  Host host;
  host.deployments = TRY(ports_.deployer.list(stop).context("reading the host's deployments"));
  host.boot = TRY(ports_.host.boot().context("reading the running kernel's state"));
  host.can_layer_packages = ports_.deployer.can_layer_packages();
  host.provisioned_disk_layout = TRY(
      ports_.host.provisioned_disk_layout().context("reading what the host was provisioned with"));
  return host;
}

Record Engine::load_record() {
  auto loaded = ports_.journal.load();
  if (!loaded.ok()) {
    ports_.observer.on_warning(concat("the record cannot be read, going by the host's own state: ",
                                      loaded.error().message()));
    return {};
  }
  if (!loaded->damage.empty())
    ports_.observer.on_warning(concat(
        "the record is damaged, going by ",
        loaded->record
            ? "its previous generation: "
            : "the host's own state (kernel arguments of pivotd's count as the administrator's): ",
        loaded->damage));
  return std::move(loaded->record).value_or(Record{});
}

Result<void> Engine::save(Record& record, Phase phase) {
  PIVOTD_ASSERT(is_legal_transition(record.phase, phase));
  record.phase = phase;
  record.updated = ports_.clock.now();
  return ports_.journal.save(record).context(concat("recording '", to_string(phase), "'"));
}

// Something was to be booted, and a boot has happened since: did it take?
Result<void> Engine::settle(Job& job) {
  auto& record = job.record;
  if (!awaits_boot(record.phase) || record.boot_id == job.host.boot.id) return {};
  const auto found = differences(record, job.host);
  if (found.empty()) {
    record.attempt = 0;
    record.error.reset();
    job.proven_now = true;
    TRY(save(record, Phase::kVerified));
    ports_.observer.on_phase(
        Phase::kVerified,
        concat("verified: the host booted into what was staged for '", record.target_name, "'"));
    return {};
  }
  // Only the intention is known: the machine went down before the deployment was made. Nothing
  // failed to boot.
  if (record.phase == Phase::kStaging) return save(record, Phase::kIdle);
  // Nor did it where what was staged is gone and we had not asked for the reboot: a power cut, or
  // an administrator who took it back.
  if (record.phase == Phase::kStaged && !was_written(record, job.host.deployments)) {
    ports_.observer.on_warning("what was staged was lost before a shutdown wrote it to the disk");
    return save(record, Phase::kIdle);
  }
  ++record.attempt;
  record.error =
      RecordedError{.code = Errc::kHost,
                    .message = concat("the host came back without what was staged: ", found)};
  TRY(save(record, Phase::kRolledBack));
  ports_.observer.on_phase(Phase::kRolledBack,
                           concat("rolled back (", record.attempt, " of ", kMaxAttempts,
                                  " times): ", record.error->message));
  return {};
}

Result<void> Engine::make_plan(Job& job, const std::optional<Checksum>& target_commit) {
  job.plan = TRY(pivotd::make_plan({.target = job.target,
                                    .host = job.host,
                                    .ledger = job.record.ledger,
                                    .target_commit = target_commit}));
  ports_.observer.on_plan(job.plan);
  return {};
}

// From here on the record is about this target.
void Engine::begin(Job& job) {
  auto& record = job.record;
  if (record.target != job.target.content) record.attempt = 0;
  record.target = job.target.content;
  record.target_name = job.target.name;
  record.image = job.target.image;
  record.error.reset();
}

// Has the commit to deploy in the repository, from the registry or because the host has it.
Result<Imported> Engine::obtain(Job& job, const Stop& stop) {
  // What is staged already needs no registry.
  if (!job.plan.image || job.plan.adopt_pending) return find_deployed(job, stop);
  const auto reference = *job.plan.image;
  const auto doing = concat("resolving '", reference.str(), "'");
  const auto image =
      TRY(ports_.images.resolve(reference, job.host.boot.architecture, stop).context(doing));
  if (image->commit) TRY(make_plan(job, image->commit));
  if (!job.plan.image) return find_deployed(job, stop);
  return import(job, image, stop);
}

Result<Imported> Engine::import(Job& job, const Image& image, const Stop& stop) {
  begin(job);
  job.record.commit = image->commit;
  TRY(save(job.record, Phase::kImporting));
  const auto doing = concat("importing '", image->reference.str(), "'");
  ports_.observer.on_phase(Phase::kImporting,
                           concat(doing, ": ", image->layers.size(),
                                  image->layers.size() == 1 ? " layer, " : " layers, ",
                                  human_bytes(image->total_size())));
  return ports_.commits.import(image, ports_.images, ports_.observer, stop).context(doing);
}

Result<Imported> Engine::find_deployed(const Job& job, const Stop& stop) {
  const auto& deployments = job.host.deployments;
  const auto* source = job.plan.adopt_pending ? deployments.pending() : deployments.base();
  PIVOTD_ASSERT(source != nullptr);  // the planner refuses a host without deployments
  const auto found = TRY(ports_.commits.find(source->commit, stop)
                             .context(concat("looking for commit '", source->commit.str(), "'")));
  if (!found)
    return Error(Errc::kHost,
                 concat("the repository does not hold all of commit '", source->commit.str(),
                        "', which is deployed as '", source->id, "': check it with 'ostree fsck'"));
  return *found;
}

Result<Outcome> Engine::nothing_left(Job& job, const Stop& stop) {
  if (job.plan.discard_pending) {
    TRY(save(job.record, Phase::kIdle));
    ports_.observer.on_phase(
        Phase::kIdle, "discarding the pending deployment: the target asks for what is booted");
    TRY(ports_.deployer.unstage(stop).context("discarding the pending deployment"));
  }
  const bool booted = job.host.deployments.booted() != nullptr;
  const bool known =
      job.record.phase == Phase::kVerified && job.record.target == job.target.content;
  begin(job);
  if (booted && !known) {
    const auto* base = job.host.deployments.base();
    job.record.commit = base->base_commit();
    job.record.kernel_args = base->kernel_args;
    job.record.attempt = 0;
    remember(job.record.ledger, job.plan.kernel_args, job.host.deployments);
    TRY(save(job.record, Phase::kVerified));
    ports_.observer.on_phase(Phase::kVerified,
                             concat("verified: the host is what '", job.target.name, "' asks for"));
  }
  TRY(ports_.power.withdraw());
  TRY(ports_.commits.release_all_but(std::nullopt, stop).context("releasing imported commits"));
  if (job.proven_now) keep_house(stop);
  return booted && (job.proven_now || !known) ? Outcome::kVerified : Outcome::kNothingToDo;
}

Result<Staged> Engine::stage(Job& job, const Imported& commit, const Stop& stop) {
  auto& record = job.record;
  const bool recorded = is_recorded(record, job.plan, commit, job.host);
  TRY(check(stop));
  begin(job);
  if (!recorded) {
    record.commit = commit.commit();
    record.kernel_args = job.plan.kernel_args.line;
    record.boot_id = job.host.boot.id;
    remember(record.ledger, job.plan.kernel_args, job.host.deployments);
    TRY(save(record, Phase::kStaging));
    ports_.observer.on_phase(
        Phase::kStaging, concat("staging commit '", commit.commit().str(),
                                "' with kernel arguments '", job.plan.kernel_args.line.str(), "'"));
  }
  auto staged = ports_.deployer.stage(commit, spec_of(job.plan, job.host), stop)
                    .context(concat("staging commit '", commit.commit().str(), "'"));
  if (!staged.ok() && !job.plan.adopt_pending) discard_after_failure();
  if (!staged.ok()) return staged;
  if (!recorded) TRY(save(record, Phase::kStaged));
  return staged;
}

// A failure may have left something pending all the same; the undo is not cancelled with the rest.
void Engine::discard_after_failure() {
  const auto undone = ports_.deployer.unstage(Stop());
  if (!undone.ok())
    ports_.observer.on_warning(
        concat("what was staged could not be discarded: ", undone.error().message()));
}

Result<Outcome> Engine::reboot(Job& job, const Staged& staged, const Stop& stop) {
  TRY(ports_.commits.release_all_but(job.record.commit, stop)
          .context("releasing imported commits"));
  if (job.host.deployments.booted() == nullptr) {
    ports_.observer.on_phase(
        Phase::kStaged,
        concat("written: the next boot of this system root takes '", staged.deployment().id, "'"));
    return Outcome::kRebootNeeded;
  }
  TRY(check(stop));
  TRY(save(job.record, Phase::kRebooting));
  const auto outcome = TRY(ports_.power.reboot(staged, stop).context("rebooting"));
  if (outcome == RebootOutcome::kUnderWay) {
    ports_.observer.on_phase(Phase::kRebooting,
                             concat("rebooting into '", staged.deployment().id, "'"));
    return Outcome::kRebooting;
  }
  TRY(save(job.record, Phase::kStaged));
  ports_.observer.on_phase(Phase::kStaged,
                           concat("staged '", staged.deployment().id,
                                  "': the next reboot takes it, and is left to the administrator"));
  return Outcome::kRebootNeeded;
}

// Whatever fails here is tried again after the next update; the host is fine without it.
void Engine::keep_house(const Stop& stop) {
  const auto cleaned = ports_.deployer.clean_up(stop);
  if (!cleaned.ok())
    ports_.observer.on_warning(
        concat("old deployments could not be cleaned up, trying again after "
               "the next update: ",
               cleaned.error().message()));
}

void Engine::record_failure(Job& job, const Error& error) {
  auto& record = job.record;
  auto phase = record.phase;
  if (phase == Phase::kRebooting) phase = Phase::kStaged;
  // What is staged stays staged, and the record stays about it: after the reboot it must be told
  // from what was asked later.
  if (phase != Phase::kStaged && phase != Phase::kRolledBack) {
    begin(job);
    phase = Phase::kFailed;
  }
  record.error = RecordedError{.code = error.code(), .message = error.message()};
  const auto saved = save(record, phase);
  if (!saved.ok())
    ports_.observer.on_warning(
        concat("the failure could not be recorded: ", saved.error().message()));
  ports_.observer.on_host(job.host, record);
}

}  // namespace pivotd
