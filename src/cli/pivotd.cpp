#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "pivotd/base/log.h"
#include "pivotd/cli/programs.h"
#include "pivotd/service/daemon.h"

#include "cli/settings_option.h"
#include "cli/terminal.h"

namespace pivotd::cli {

namespace {

struct Options {
  std::string settings;
  std::string target;
  bool once = false;
};

int run_once(const service::Settings& settings) {
  // Under systemd the log tells it all; for a person the view does, and the log only says what is
  // wrong.
  if (log::is_to_journal()) return static_cast<int>(service::run_once(settings, {}));
  if (settings.log_level == "info") log::set_level(log::Level::kWarning);
  LiveView view(stderr);
  const auto code = service::run_once(
      settings, [&view](const Status& status, service::StatusBoard::Change change) {
        view.show(status, change);
      });
  view.close();
  return static_cast<int>(code);
}

}  // namespace

int run_pivotd(int argc, char** argv) {
  CLI::App app{
      "Host-side OS update daemon for OSTree hosts: makes the host what a MachineConfig asks for."};
  Options options;
  app.set_version_flag("--version", "pivotd " PIVOTD_VERSION);
  app.add_option("--config", options.settings, "Read the settings from this file alone")
      ->option_text("FILE");
  app.add_option("--target", options.target, "The MachineConfig to follow, instead of target.file")
      ->option_text("FILE");
  app.add_flag(
      "--once", options.once,
      "Reconcile once and exit: 0 done, 4 a reboot is needed, 77 nothing to do, else failed");
  try {  // CLI11's way of reporting; this is its border
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  auto loaded = take_settings(options.settings);
  if (!loaded.ok()) return complain(loaded.error());
  auto& settings = loaded->settings;
  if (!options.target.empty()) settings.target_file = std::filesystem::absolute(options.target);
  if (options.once) return run_once(settings);
  return static_cast<int>(service::run_daemon(settings));
}

}  // namespace pivotd::cli
