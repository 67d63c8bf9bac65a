#include "pivotd/service/settings.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <variant>

#include <toml++/toml.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

namespace pivotd::service {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFile = 1024U * 1024;

// What a key may be; each reads one TOML node and says what it expected when that is something
// else.
struct PathValue {
  static constexpr std::string_view kType = "absolute path";
  static std::optional<fs::path> read(const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (!text || !fs::path(*text).is_absolute()) return std::nullopt;
    return fs::path(*text);
  }
  static std::string show(const fs::path& value) { return concat("\"", value.string(), "\""); }
};

struct OptionalPathValue : PathValue {
  static constexpr std::string_view kType = "absolute path, or empty";
  static std::optional<fs::path> read(const toml::node& node) {
    if (node.value_exact<std::string>() == "") return fs::path();
    return PathValue::read(node);
  }
};

struct TextValue {
  static constexpr std::string_view kType = "string";
  static std::optional<std::string> read(const toml::node& node) {
    return node.value_exact<std::string>();
  }
  static std::string show(const std::string& value) { return concat("\"", value, "\""); }
};

struct ListValue {
  static constexpr std::string_view kType = "list of strings";
  static std::optional<std::vector<std::string>> read(const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> list;
    for (const auto& element : *array) {
      const auto text = element.value_exact<std::string>();
      if (!text) return std::nullopt;
      list.push_back(*text);
    }
    return list;
  }
  static std::string show(const std::vector<std::string>& value) {
    std::string text = "[";
    for (const auto& element : value)
      text += concat(text.size() > 1 ? ", " : "", "\"", element, "\"");
    return text + "]";
  }
};

struct SecondsValue {
  static constexpr std::string_view kType = "seconds, 1 to 86400";
  static std::optional<std::int64_t> read(const toml::node& node) {
    const auto number = node.value_exact<std::int64_t>();
    if (!number || *number < 1 || *number > 86400) return std::nullopt;
    return number;
  }
  static std::string show(std::int64_t value) { return std::to_string(value); }
};

struct BackendValue : TextValue {
  static constexpr std::string_view kType = "\"auto\" or \"ostree\"";
  static std::optional<std::string> read(const toml::node& node) {
    auto text = TextValue::read(node);
    return text == "auto" || text == "ostree" ? text : std::nullopt;
  }
};

struct RebootValue : TextValue {
  static constexpr std::string_view kType = "\"logind\" or \"none\"";
  static std::optional<std::string> read(const toml::node& node) {
    auto text = TextValue::read(node);
    return text == "logind" || text == "none" ? text : std::nullopt;
  }
};

struct LevelValue : TextValue {
  static constexpr std::string_view kType = "\"debug\", \"info\", \"warning\" or \"error\"";
  static std::optional<std::string> read(const toml::node& node) {
    auto text = TextValue::read(node);
    return text == "debug" || text == "info" || text == "warning" || text == "error" ? text
                                                                                     : std::nullopt;
  }
};

struct Row {
  std::string_view key;
  std::string_view type;
  std::function<bool(Settings&, const toml::node&)> set;  // false: not of that type
  std::function<std::string(const Settings&)> show;
  std::string_view help;
};

template <class Kind, auto kMember>
Row row(std::string_view key, std::string_view help) {
  return {.key = key,
          .type = Kind::kType,
          .set =
              [](Settings& settings, const toml::node& node) {
                auto value = Kind::read(node);
                if (!value) return false;
                settings.*kMember = *std::move(value);
                return true;
              },
          .show = [](const Settings& settings) { return Kind::show(settings.*kMember); },
          .help = help};
}

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows{
      row<PathValue, &Settings::target_file>(
          "target.file", "The MachineConfig (JSON) that says what the host should be; watched."),
      row<PathValue, &Settings::state_directory>(
          "state.directory", "Where the record and the lock of the one instance are (mode 0700)."),
      row<PathValue, &Settings::runtime_directory>("runtime.directory",
                                                   "Where status.json is written."),
      row<BackendValue, &Settings::deploy_backend>(
          "deploy.backend",
          "Who makes deployments: \"ostree\" is libostree itself; \"auto\" picks "
          "what the host has."),
      row<PathValue, &Settings::deploy_sysroot>(
          "deploy.sysroot",
          "The physical system root to deploy into; another than \"/\" is never "
          "rebooted into."),
      row<TextValue, &Settings::deploy_stateroot>(
          "deploy.stateroot",
          "The stateroot to deploy into; empty: the booted one, else the only one."),
      row<OptionalPathValue, &Settings::image_auth_file>(
          "image.auth_file",
          "Registry credentials (containers-auth.json); empty: the usual search "
          "order, /var/lib/kubelet/config.json first."),
      row<ListValue, &Settings::image_insecure>(
          "image.insecure",
          "Registries (host or host:port) that may speak plain HTTP or have an "
          "unverified certificate, besides those of registries.conf."),
      row<PathValue, &Settings::image_registries_conf>(
          "image.registries_conf",
          "Mirrors, insecure and blocked registries (containers-registries.conf, v2)."),
      row<PathValue, &Settings::image_registries_conf_dir>("image.registries_conf_dir",
                                                           "Drop-ins of the former."),
      row<ListValue, &Settings::image_certs_dirs>(
          "image.certs_dirs",
          "Extra certificates a registry, in a directory HOST[:PORT]; the first "
          "directory that exists is used."),
      row<PathValue, &Settings::image_proxy_env>(
          "image.proxy_env",
          "HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read when the environment has none."),
      row<RebootValue, &Settings::reboot_command>(
          "reboot.command",
          "\"logind\" reboots when an update is staged; \"none\" leaves reboot.mark "
          "and the reboot to somebody else."),
      row<PathValue, &Settings::reboot_mark>(
          "reboot.mark", "The file that says a reboot is needed, with reboot.command = \"none\"."),
      row<ListValue, &Settings::host_provisioned>(
          "host.provisioned",
          "MachineConfigs that say how the host was installed: the first that "
          "exists tells which disk layout is there already."),
      row<SecondsValue, &Settings::retry_first>(
          "retry.first",
          "The wait before the first repetition after a transient error; it doubles."),
      row<SecondsValue, &Settings::retry_last>("retry.last",
                                               "The longest wait after a transient error."),
      row<SecondsValue, &Settings::retry_host>(
          "retry.host", "The wait after an error of the host (disk full, I/O)."),
      row<LevelValue, &Settings::log_level>("log.level",
                                            "The least important lines that are logged."),
  };
  return kRows;
}

class Loader {
 public:
  Loader() {
    for (const auto& entry : rows()) sources_[entry.key] = "default";
  }

  Result<void> read(const fs::path& file) {
    const auto text = TRY(read_file(file, kMaxFile));
    toml::table document;
    try {  // toml++ reports by exception; this is its border
      document = toml::parse(text, file.string());
    } catch (const toml::parse_error& error) {
      return Error(Errc::kInvalid, concat(file.string(), ":", error.source().begin.line, ": ",
                                          printable(error.description())));
    }
    return take(document, "", file);
  }

  LoadedSettings finish() && {
    LoadedSettings loaded{.settings = settings_, .values = {}};
    for (const auto& entry : rows())
      loaded.values.push_back({std::string(entry.key), entry.show(settings_), sources_[entry.key]});
    return loaded;
  }

 private:
  Result<void> take(const toml::table& table, const std::string& prefix, const fs::path& file) {
    for (const auto& [name, node] : table) {
      const auto key = concat(prefix, name.str());
      const auto where = concat(file.string(), ":", node.source().begin.line);
      const auto found = std::find_if(rows().begin(), rows().end(),
                                      [&](const Row& entry) { return entry.key == key; });
      if (found != rows().end()) {
        if (!found->set(settings_, node))
          return Error(Errc::kInvalid,
                       concat(where, ": '", key, "' is not of its type: expected ", found->type));
        sources_[found->key] = where;
      } else if (node.is_table() && is_section(key)) {
        TRY(take(*node.as_table(), key + ".", file));
      } else {
        return Error(Errc::kInvalid, concat(where, ": there is no setting '", printable(key), "'"));
      }
    }
    return {};
  }

  static bool is_section(const std::string& name) {
    return std::any_of(rows().begin(), rows().end(),
                       [&](const Row& entry) { return entry.key.starts_with(name + "."); });
  }

  Settings settings_;
  std::map<std::string_view, std::string> sources_;
};

bool is_masked(const fs::path& file) {
  std::error_code ignored;
  return fs::is_symlink(file, ignored) && fs::read_symlink(file, ignored) == "/dev/null";
}

// Name to file: a name in a later directory replaces the same name in an earlier one.
Result<std::map<std::string, fs::path>> drop_ins(const fs::path& root) {
  std::map<std::string, fs::path> files;
  for (const auto* place : {"usr/lib", "run", "etc"}) {
    const auto directory = root / place / "pivotd/conf.d";
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
      if (entry->path().extension() == ".conf")
        files[entry->path().filename().string()] = entry->path();
    if (error && error != std::errc::no_such_file_or_directory &&
        error != std::errc::not_a_directory)
      return errno_error(error.value(), concat("listing '", directory.string(), "'"));
  }
  return files;
}

}  // namespace

std::vector<SettingHelp> settings_table() {
  const Settings defaults;
  std::vector<SettingHelp> table;
  for (const auto& entry : rows())
    table.push_back({entry.key, entry.type, entry.show(defaults), entry.help});
  return table;
}

Result<LoadedSettings> load_settings(const fs::path& root) {
  Loader loader;
  for (const auto* place : {"etc", "run", "usr/lib"}) {
    const auto file = root / place / "pivotd/pivotd.conf";
    std::error_code ignored;
    if (!fs::exists(fs::symlink_status(file, ignored))) continue;
    if (!is_masked(file)) TRY(loader.read(file).context("reading the settings"));
    break;
  }
  for (const auto& [name, file] : TRY(drop_ins(root)))
    if (!is_masked(file)) TRY(loader.read(file).context("reading the settings"));
  return std::move(loader).finish();
}

Result<LoadedSettings> load_settings_file(const fs::path& file) {
  Loader loader;
  TRY(loader.read(file).context("reading the settings"));
  return std::move(loader).finish();
}

}  // namespace pivotd::service
