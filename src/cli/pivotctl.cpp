#include <csignal>
#include <cstdio>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"
#include "pivotd/cli/programs.h"
#include "pivotd/model/status.h"
#include "pivotd/service/wiring.h"

#include "cli/settings_option.h"
#include "cli/terminal.h"

namespace pivotd::cli {

namespace {

constexpr std::uint64_t kMaxStatus = 16U * 1024 * 1024;

void print(const std::string& text) {
  (void)std::fputs(text.c_str(), stdout);
}

// The status may be older than a crash: is the process that wrote it still a pivotd?
bool is_running(const Status& status) {
  const auto name = read_file(concat("/proc/", status.pid, "/comm"), 64);
  return name.ok() && name.value() == "pivotd\n";
}

Result<int> status(const service::Settings& settings, bool as_json) {
  const auto file = settings.runtime_directory / "status.json";
  const auto text = TRY(read_file_if_exists(file, kMaxStatus));
  if (!text) {
    (void)std::fprintf(stderr,
                       "pivotd has not run since the last boot: '%s' does not exist\n"
                       "start it with 'systemctl start pivotd'\n",
                       file.c_str());
    return static_cast<int>(ExitCode::kFailed);
  }
  const auto status = TRY(parse_status(*text).context(concat("reading '", file.string(), "'")));
  print(as_json ? *text : status_page(status, is_running(status)));
  return 0;
}

class SilentObserver final : public Observer {
  void on_phase(Phase, const std::string&) override {}
  void on_progress(const Progress&) override {}
  void on_warning(const std::string& sentence) override {
    (void)std::fprintf(stderr, "warning: %s\n", printable(sentence, 1000).c_str());
  }
};

Result<int> plan(const service::Settings& settings, const std::string& file, bool as_json) {
  const auto text = TRY(read_file(file, MachineConfig::kMaxBytes));
  const auto target = TRY(MachineConfig::parse(text).context(concat("reading '", file, "'")));
  auto wiring = TRY(service::Wiring::for_looking(settings, std::make_unique<SilentObserver>()));
  const auto plan = TRY(wiring->engine().plan(target, Stop()));
  print(as_json ? json::dump(to_json(plan), 2) + "\n" : describe(plan) + "\n");
  return 0;
}

Result<int> config_show(const service::LoadedSettings& loaded, bool as_json) {
  json::Object values;
  for (const auto& value : loaded.values) {
    if (!as_json) print(concat(value.key, " = ", value.value, "  # ", value.source, "\n"));
    values.emplace_back(value.key, json::Object{{"value", value.value}, {"source", value.source}});
  }
  if (as_json) print(json::dump(values, 2) + "\n");
  return 0;
}

}  // namespace

int run_pivotctl(int argc, char** argv) {
  CLI::App app{"Looks at pivotd and at what it would do."};
  app.set_version_flag("--version", "pivotctl " PIVOTD_VERSION);
  app.require_subcommand(0, 1);  // 1 would hide which word is wrong
  std::string settings_file;
  std::string plan_file;
  bool as_json = false;
  std::function<Result<int>(const service::LoadedSettings&)> verb;
  app.add_option("--config", settings_file, "Read the settings from this file alone")
      ->option_text("FILE");

  auto* status_verb = app.add_subcommand("status", "What pivotd is doing, and what the host is");
  status_verb->add_flag("--json", as_json, "Print the status document (docs/schemas/status.json)");
  status_verb->callback([&] {
    verb = [&](const service::LoadedSettings& loaded) { return status(loaded.settings, as_json); };
  });

  auto* plan_verb =
      app.add_subcommand("plan", "What a MachineConfig would change on this host, and why");
  plan_verb->add_option("FILE", plan_file, "The MachineConfig (JSON)")->required();
  plan_verb->add_flag("--json", as_json, "Print the plan as JSON");
  plan_verb->callback([&] {
    verb = [&](const service::LoadedSettings& loaded) {
      return plan(loaded.settings, plan_file, as_json);
    };
  });

  auto* config_verb = app.add_subcommand("config", "The settings");
  config_verb->require_subcommand(0, 1);
  auto* show_verb = config_verb->add_subcommand("show", "Each setting and where its value is from");
  show_verb->add_flag("--json", as_json, "Print them as JSON");
  show_verb->callback([&] {
    verb = [&](const service::LoadedSettings& loaded) { return config_show(loaded, as_json); };
  });

  try {  // CLI11's way of reporting; this is its border
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  if (!verb) {
    (void)std::fputs(app.help().c_str(), stderr);
    return static_cast<int>(ExitCode::kUsage);
  }
  const auto loaded = take_settings(settings_file);
  if (!loaded.ok()) return complain(loaded.error());
  const auto result = verb(loaded.value());
  return result.ok() ? result.value() : complain(result.error());
}

}  // namespace pivotd::cli
