#pragma once
// A host in memory that can die: every side effect of the engine passes through effect(), which
// kills it at the n-th one. What the host keeps over a crash and over a power cut is what a real
// one keeps.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/engine/engine.h"

#include "fakes/fake_clock.h"
#include "fakes/fake_commit_store.h"
#include "fakes/fake_deployer.h"
#include "fakes/fake_image_source.h"

namespace pivotd::fakes {

// Thrown at the chosen side effect: the process is gone.
struct Crash {
  std::string effect;
};

class FakeJournal final : public Journal {
 public:
  explicit FakeJournal(std::function<void(std::string_view)> effect) : effect_(std::move(effect)) {}
  Result<Loaded> load() override { return Loaded{.record = record, .damage = damage}; }
  Result<void> save(const Record& saved) override;

  std::optional<Record> record;
  std::string damage;
  std::vector<Phase> phases;  // each that was saved, in order

 private:
  std::function<void(std::string_view)> effect_;
};

class FakePower final : public Power {
 public:
  explicit FakePower(std::function<void(std::string_view)> effect) : effect_(std::move(effect)) {}
  Result<RebootOutcome> reboot(const Staged& staged, const Stop& stop) override;
  Result<void> withdraw() override;

  bool left_to_someone_else = false;
  bool requested = false;  // the machine is going down, or a mark is left

 private:
  std::function<void(std::string_view)> effect_;
};

class FakeHost final : public RunningHost {
 public:
  Result<Boot> boot() override { return running; }
  Result<std::optional<std::map<std::string, Digest>>> provisioned_disk_layout() override {
    return std::optional<std::map<std::string, Digest>>();
  }
  Boot running;
};

class RecordingObserver final : public Observer {
 public:
  void on_phase(Phase, const std::string& sentence) override { sentences.push_back(sentence); }
  void on_progress(const Progress&) override {}
  void on_warning(const std::string& sentence) override { sentences.push_back(sentence); }
  std::vector<std::string> sentences;
};

class FakeWorld {
 public:
  // A host that runs `image` with `kernel_args`.
  FakeWorld(char image, std::string_view kernel_args);

  // An image, and the commit inside it, that differ by a letter.
  static ImageRef image(char letter);
  static Checksum commit(char letter);
  static MachineConfig target(const std::string& name, char image, std::string_view kernel_args);

  // Calls the engine as a fresh process would.
  Result<Outcome> reconcile(const MachineConfig& target, const Stop& stop = {});

  // Dies at the n-th side effect from now, counted from 1; 0 never.
  void die_at(std::size_t effect) { die_at_ = effect == 0 ? 0 : effects_ + effect; }
  std::size_t effects() const { return effects_; }

  // What was asked for by reboot() happens: the next boot.
  void reboot(FakeDeployer::Into into = FakeDeployer::Into::kNew);
  void power_cut();
  // Somebody cleans the repository up.
  void prune();

  FakeImageSource images;
  FakeCommitStore commits;
  FakeDeployer deployer;
  FakePower power;
  FakeJournal journal;
  FakeHost host;
  RecordingObserver observer;
  FakeClock clock;

 private:
  void effect(std::string_view name);
  void come_up();

  std::size_t effects_ = 0;
  std::size_t die_at_ = 0;
  int boots_ = 0;
};

}  // namespace pivotd::fakes
