#include "pivotd/host/running_host.h"

#include <array>
#include <cerrno>

#include <sys/utsname.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"
#include "pivotd/model/machine_config.h"

namespace pivotd::host {

namespace {

constexpr std::uint64_t kMaxProcFile = 64U * 1024;

std::string trimmed(std::string text) {
  const auto end = text.find_last_not_of(" \n");
  text.erase(end == std::string::npos ? 0 : end + 1);
  return text;
}

// Go's names for uname's, as images use them (registry facts, platform choice).
std::string go_architecture(std::string_view machine) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames{{
      {"x86_64", "amd64"},
      {"aarch64", "arm64"},
      {"ppc64le", "ppc64le"},
      {"s390x", "s390x"},
  }};
  for (const auto& [ours, theirs] : kNames)
    if (machine == ours) return std::string(theirs);
  return std::string(machine);
}

// The kernel says "0" or "1", or has no such file where it was built without FIPS.
Result<std::optional<bool>> read_fips() {
  const auto text = TRY(read_file_if_exists("/proc/sys/crypto/fips_enabled", kMaxProcFile));
  if (!text) return std::optional<bool>();
  return std::optional<bool>(trimmed(*text) == "1");
}

class ProcHost final : public RunningHost {
 public:
  explicit ProcHost(std::vector<std::filesystem::path> provisioned)
      : provisioned_(std::move(provisioned)) {}

  Result<Boot> boot() override {
    Boot boot;
    boot.id = trimmed(TRY(read_file("/proc/sys/kernel/random/boot_id", kMaxProcFile)));
    boot.command_line = TRY(KernelArgs::parse(TRY(read_file("/proc/cmdline", kMaxProcFile)))
                                .context("parsing '/proc/cmdline'"));
    struct utsname name {};
    if (::uname(&name) != 0) return errno_error(errno, "asking the kernel for its name");
    boot.kernel_release = name.release;
    boot.architecture = go_architecture(name.machine);
    boot.fips = TRY(read_fips());
    return boot;
  }

  Result<std::optional<std::map<std::string, Digest>>> provisioned_disk_layout() override {
    for (const auto& path : provisioned_) {
      const auto text = TRY(read_file_if_exists(path, MachineConfig::kMaxBytes));
      if (!text) continue;
      auto config =
          TRY(MachineConfig::parse(*text).context(concat("reading '", path.string(), "'")));
      return std::optional(std::move(config.ignition.disk_layout));
    }
    return std::optional<std::map<std::string, Digest>>();
  }

 private:
  std::vector<std::filesystem::path> provisioned_;
};

}  // namespace

std::unique_ptr<RunningHost> open_running_host(std::vector<std::filesystem::path> provisioned) {
  return std::make_unique<ProcHost>(std::move(provisioned));
}

}  // namespace pivotd::host
