#pragma once
// The settings: TOML, one main file and drop-ins. Every key is one row of settings_table(); an
// unknown key or a wrong type is an error that names file, line and key.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"

namespace pivotd::service {

struct Settings {
  std::filesystem::path target_file = "/etc/pivotd/machineconfig.json";
  std::filesystem::path state_directory = "/var/lib/pivotd";
  std::filesystem::path runtime_directory = "/run/pivotd";
  std::string deploy_backend = "auto";
  std::filesystem::path deploy_sysroot = "/";
  std::string deploy_stateroot;
  std::filesystem::path image_auth_file;
  std::vector<std::string> image_insecure;
  std::filesystem::path image_registries_conf = "/etc/containers/registries.conf";
  std::filesystem::path image_registries_conf_dir = "/etc/containers/registries.conf.d";
  std::vector<std::string> image_certs_dirs = {"/etc/containers/certs.d", "/etc/docker/certs.d"};
  std::filesystem::path image_proxy_env = "/etc/mco/proxy.env";
  std::string reboot_command = "logind";
  std::filesystem::path reboot_mark = "/run/reboot-required";
  std::vector<std::string> host_provisioned = {"/etc/mcs-machine-config-content.json",
                                               "/etc/machine-config-daemon/currentconfig"};
  std::int64_t retry_first = 5;
  std::int64_t retry_last = 300;
  std::int64_t retry_host = 600;
  std::string log_level = "info";
};

// Where a value came from.
struct SettingValue {
  std::string key;     // "target.file"
  std::string value;   // as TOML writes it
  std::string source;  // "default", or "/etc/pivotd/pivotd.conf:3"
};

struct LoadedSettings {
  Settings settings;
  std::vector<SettingValue> values;  // every key, in the table's order
};

struct SettingHelp {
  std::string_view key;
  std::string_view type;
  std::string default_value;
  std::string_view help;
};

// The rows, for documents.
std::vector<SettingHelp> settings_table();

// The main file is the first that exists of {/etc,/run,/usr/lib}/pivotd/pivotd.conf, each below
// `root`; the drop-ins are the *.conf of {/usr/lib,/run,/etc}/pivotd/conf.d in the order of their
// names, where one in /etc replaces one of the same name in /run, and that one in /usr/lib; a link
// to /dev/null masks. Later ones win.
Result<LoadedSettings> load_settings(const std::filesystem::path& root = "/");
// That file alone.
Result<LoadedSettings> load_settings_file(const std::filesystem::path& file);

}  // namespace pivotd::service
