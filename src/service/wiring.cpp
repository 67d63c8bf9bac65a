#include "pivotd/service/wiring.h"

#include <chrono>

#include "pivotd/host/file_journal.h"
#include "pivotd/host/power.h"
#include "pivotd/host/running_host.h"
#include "pivotd/oci/registry.h"
#include "pivotd/ostree/commit_store.h"
#include "pivotd/ostree/sysroot_deployer.h"
#include "pivotd/unpack/layer_unpacker.h"

namespace pivotd::service {

namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t now() override {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

ostree::SysrootOptions sysroot_options(const Settings& settings) {
  return {.sysroot = settings.deploy_sysroot, .stateroot = settings.deploy_stateroot};
}

oci::RegistryOptions registry_options(const Settings& settings) {
  auto options = oci::host_registry_options();
  if (!settings.image_auth_file.empty()) options.auth_file = settings.image_auth_file;
  options.registries_conf = settings.image_registries_conf;
  options.registries_conf_directory = settings.image_registries_conf_dir;
  options.certs_directories.assign(settings.image_certs_dirs.begin(),
                                   settings.image_certs_dirs.end());
  options.insecure = settings.image_insecure;
  options.proxy_env = settings.image_proxy_env;
  options.user_agent = "pivotd/" PIVOTD_VERSION;
  return options;
}

std::unique_ptr<Power> open_power(const Settings& settings) {
  if (settings.reboot_command == "none") return host::open_marking_power(settings.reboot_mark);
  return host::open_logind_power();
}

}  // namespace

Result<void> prepare_process(const Settings& settings) {
  return ostree::enter_private_mounts(sysroot_options(settings))
      .context("making the system root writable for pivotd");
}

Result<std::unique_ptr<Wiring>> Wiring::for_work(const Settings& settings,
                                                 std::unique_ptr<Observer> observer) {
  auto journal = TRY(host::open_file_journal(settings.state_directory));
  return make(settings, std::move(journal), std::move(observer));
}

Result<std::unique_ptr<Wiring>> Wiring::for_looking(const Settings& settings,
                                                    std::unique_ptr<Observer> observer) {
  return make(settings, host::look_at_file_journal(settings.state_directory), std::move(observer));
}

Result<std::unique_ptr<Wiring>> Wiring::make(const Settings& settings,
                                             std::unique_ptr<Journal> journal,
                                             std::unique_ptr<Observer> observer) {
  std::unique_ptr<Wiring> wiring(new Wiring);
  wiring->observer_ = std::move(observer);
  wiring->journal_ = std::move(journal);
  wiring->images_ = TRY(oci::open_registry(registry_options(settings)));
  wiring->unpacker_ = std::make_unique<unpack::LayerUnpacker>();
  const auto repository = TRY(ostree::sysroot_repo(sysroot_options(settings)));
  wiring->commits_ = TRY(ostree::open_commit_store(repository, *wiring->unpacker_));
  wiring->deployer_ = TRY(ostree::open_sysroot_deployer(sysroot_options(settings)));
  wiring->power_ = open_power(settings);
  std::vector<std::filesystem::path> provisioned(settings.host_provisioned.begin(),
                                                 settings.host_provisioned.end());
  wiring->host_ = host::open_running_host(std::move(provisioned));
  wiring->clock_ = std::make_unique<SystemClock>();
  wiring->engine_ = std::make_unique<Engine>(Ports{.images = *wiring->images_,
                                                   .commits = *wiring->commits_,
                                                   .deployer = *wiring->deployer_,
                                                   .power = *wiring->power_,
                                                   .journal = *wiring->journal_,
                                                   .host = *wiring->host_,
                                                   .observer = *wiring->observer_,
                                                   .clock = *wiring->clock_});
  return wiring;
}

}  // namespace pivotd::service
