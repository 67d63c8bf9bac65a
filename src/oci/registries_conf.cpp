#include "oci/registries_conf.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include <toml++/toml.h>

#include "pivotd/base/files.h"
#include "pivotd/base/text.h"

namespace pivotd::oci {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLargestFile = 4U * 1024 * 1024;
constexpr std::size_t kMostEntries = 10'000;

bool is_wildcard(std::string_view prefix) {
  return prefix.starts_with("*.");
}

std::string_view without_trailing_slashes(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

// Reads one file into entries; nothing of it is used when any of it is wrong.
class FileReader {
 public:
  FileReader(const std::string& name, std::vector<std::string>& warnings)
      : name_(name), warnings_(warnings) {}

  Result<std::vector<RegistryEntry>> read(const toml::table& root) {
    if (const auto* v1 = root.get("registries")) {
      return wrong(*v1,
                   "'[registries.*]' is version 1 of this file, which is not supported: write "
                   "'[[registry]]' entries");
    }
    warn_of_unknown(root, kGlobalKeys, "");
    TRY(check_search_registries(root));
    const auto tables = TRY(tables_of(root, "registry"));
    if (tables.size() > kMostEntries)
      return Error(Errc::kInvalid,
                   concat("'", name_, "' has more than ", kMostEntries, " entries"));
    std::vector<RegistryEntry> entries;
    for (const auto* table : tables) {
      auto entry = TRY(read_entry(*table));
      TRY(check_conflict(entries, entry));
      const bool is_first = std::ranges::none_of(
          entries, [&](const auto& other) { return other.prefix == entry.prefix; });
      if (is_first) entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  static constexpr std::array<std::string_view, 7> kGlobalKeys{
      "unqualified-search-registries",      "short-name-mode", "aliases",   "credential-helpers",
      "additional-layer-store-auth-helper", "registry",        "registries"};
  static constexpr std::array<std::string_view, 6> kRegistryKeys{
      "prefix", "location", "insecure", "blocked", "mirror-by-digest-only", "mirror"};
  static constexpr std::array<std::string_view, 3> kMirrorKeys{"location", "insecure",
                                                               "pull-from-mirror"};

  Error wrong(const toml::node& at, std::string_view why) const {
    return {Errc::kInvalid, concat("'", name_, "' (line ", at.source().begin.line, "): ", why)};
  }

  void warn_of_unknown(const toml::table& table, std::span<const std::string_view> known,
                       std::string_view where) {
    for (const auto& [key, node] : table) {
      if (std::ranges::find(known, key.str()) != known.end()) continue;
      warnings_.push_back(concat("'", name_, "' (line ", key.source().begin.line,
                                 "): unknown key '", printable(key.str()), "'", where,
                                 ", ignored"));
    }
  }

  template <class T>
  Result<T> value_of(const toml::table& table, std::string_view key, T absent,
                     std::string_view expected) const {
    const auto* node = table.get(key);
    if (node == nullptr) return absent;
    const auto value = node->value_exact<T>();
    if (!value) return wrong(*node, concat("'", key, "' must be ", expected));
    return *value;
  }
  Result<bool> boolean(const toml::table& table, std::string_view key) const {
    return value_of<bool>(table, key, false, "true or false");
  }
  Result<std::string> text(const toml::table& table, std::string_view key) const {
    return value_of<std::string>(table, key, {}, "a string");
  }

  Result<std::vector<const toml::table*>> tables_of(const toml::table& table,
                                                    std::string_view key) const {
    std::vector<const toml::table*> tables;
    const auto* node = table.get(key);
    if (node == nullptr) return tables;
    const auto* array = node->as_array();
    if (array == nullptr)
      return wrong(*node, concat("'", key, "' must be written '[[", key, "]]'"));
    for (const auto& element : *array) {
      if (!element.is_table()) return wrong(element, concat("'", key, "' must hold tables"));
      tables.push_back(element.as_table());
    }
    return tables;
  }

  Result<std::string> location(const toml::table& table, std::string_view key) const {
    const auto written = TRY(text(table, key));
    if (written.find("://") != std::string::npos)
      return wrong(*table.get(key), concat("'", key, "' must be without a scheme like 'https://'"));
    return std::string(without_trailing_slashes(written));
  }

  Result<void> check_search_registries(const toml::table& root) const {
    const auto* node = root.get("unqualified-search-registries");
    if (node == nullptr) return {};
    const auto* array = node->as_array();
    if (array == nullptr) return wrong(*node, "'unqualified-search-registries' must be a list");
    for (const auto& element : *array) {
      const auto host = element.value_exact<std::string>();
      if (!host || without_trailing_slashes(*host).find('/') != std::string_view::npos)
        return wrong(element, "'unqualified-search-registries' must hold host names");
    }
    return {};
  }

  Result<RegistryEntry> read_entry(const toml::table& table) {
    warn_of_unknown(table, kRegistryKeys, " of a registry");
    if (const auto* node = table.get("pull-from-mirror"))
      return wrong(*node, "'pull-from-mirror' belongs to a '[[registry.mirror]]'");
    RegistryEntry entry;
    entry.file = name_;
    entry.line = table.source().begin.line;
    entry.prefix = TRY(location(table, "prefix"));
    entry.location = TRY(location(table, "location"));
    const auto insecure = TRY(boolean(table, "insecure"));
    entry.trust = insecure ? Trust::kInsecure : Trust::kVerified;
    entry.blocked = TRY(boolean(table, "blocked"));
    TRY(check_names(table, entry));
    if (entry.prefix.empty()) entry.prefix = entry.location;
    const auto only_by_digest = TRY(boolean(table, "mirror-by-digest-only"));
    const auto mirrors = TRY(tables_of(table, "mirror"));
    for (const auto* mirror : mirrors)
      entry.mirrors.push_back(TRY(read_mirror(*mirror, only_by_digest)));
    return entry;
  }

  Result<void> check_names(const toml::table& table, const RegistryEntry& entry) const {
    if (entry.prefix.empty() && entry.location.empty())
      return wrong(table, "a registry needs a 'prefix' or a 'location'");
    if (!is_wildcard(entry.prefix)) {
      if (entry.location.empty())
        return wrong(table, "a registry needs a 'location' unless its prefix is a wildcard");
      return {};
    }
    if (entry.prefix.find_first_of("/:@", 2) != std::string::npos ||
        entry.prefix.find('*', 1) != std::string::npos)
      return wrong(table, concat("the wildcard prefix '", printable(entry.prefix),
                                 "' must be of the form '*.example.com'"));
    return {};
  }

  Result<Mirror> read_mirror(const toml::table& table, bool only_by_digest) {
    warn_of_unknown(table, kMirrorKeys, " of a mirror");
    Mirror mirror;
    mirror.location = TRY(location(table, "location"));
    if (mirror.location.empty()) return wrong(table, "a mirror needs a 'location'");
    const auto insecure = TRY(boolean(table, "insecure"));
    mirror.trust = insecure ? Trust::kInsecure : Trust::kVerified;
    const auto pull = TRY(text(table, "pull-from-mirror"));
    if (only_by_digest) {
      if (!pull.empty())
        return wrong(table, "'pull-from-mirror' contradicts 'mirror-by-digest-only = true'");
      mirror.pull = PullFromMirror::kDigestOnly;
    } else if (pull == "digest-only") {
      mirror.pull = PullFromMirror::kDigestOnly;
    } else if (pull == "tag-only") {
      mirror.pull = PullFromMirror::kTagOnly;
    } else if (!pull.empty() && pull != "all") {
      return wrong(*table.get("pull-from-mirror"),
                   "'pull-from-mirror' must be 'all', 'digest-only' or 'tag-only'");
    }
    return mirror;
  }

  Result<void> check_conflict(const std::vector<RegistryEntry>& entries,
                              const RegistryEntry& entry) const {
    for (const auto& other : entries) {
      if (other.location != entry.location || entry.location.empty()) continue;
      const bool agree = other.trust == entry.trust && other.blocked == entry.blocked;
      if (agree) continue;
      return Error(Errc::kInvalid, concat("'", name_, "' (line ", entry.line, "): the location '",
                                          printable(entry.location), "' is also in line ",
                                          other.line, ", with another 'insecure' or 'blocked'"));
    }
    return {};
  }

  const std::string& name_;
  std::vector<std::string>& warnings_;
};

std::string host_without_port(std::string_view name) {
  const auto end = name.find_first_of("/:@");
  return std::string(name.substr(0, end));
}

Result<std::vector<fs::path>> list_drop_ins(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code problem;
  for (fs::directory_iterator entry(directory, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    std::error_code dangling;
    if (entry->path().extension() == ".conf" && fs::is_regular_file(entry->path(), dangling))
      files.push_back(entry->path());
  }
  const bool is_absent = problem == std::errc::no_such_file_or_directory;
  if (problem && !is_absent)
    return errno_error(problem.value(), concat("listing '", directory.string(), "'"));
  std::ranges::sort(files);
  return files;
}

Result<ImageRef> rewritten(const ImageRef& reference, std::size_t matched,
                           const std::string& location, const RegistryEntry& entry) {
  if (location.empty()) return reference;
  const auto repository = location + reference.repository().substr(matched);
  return reference.with_repository(repository)
      .context(concat("rewriting '", reference.repository(), "' to '", printable(repository),
                      "' ('", entry.file, "', line ", entry.line, ")"));
}

}  // namespace

std::optional<std::size_t> matched_length(std::string_view name, std::string_view prefix) {
  if (is_wildcard(prefix)) {
    const auto host = host_without_port(name);
    const auto suffix = prefix.substr(1);
    if (host.size() <= suffix.size() || !host.ends_with(suffix)) return std::nullopt;
    return host.size();
  }
  if (prefix.empty() || !name.starts_with(prefix)) return std::nullopt;
  const bool at_border =
      name.size() == prefix.size() ||
      std::string_view("/:@").find(name[prefix.size()]) != std::string_view::npos;
  if (!at_border) return std::nullopt;
  return prefix.size();
}

Result<RegistriesConf> RegistriesConf::load(const fs::path& file, const fs::path& directory) {
  RegistriesConf conf;
  std::vector<fs::path> files{file};
  const auto drop_ins = TRY(list_drop_ins(directory));
  files.insert(files.end(), drop_ins.begin(), drop_ins.end());
  for (const auto& path : files) {
    const auto content = TRY(read_file_if_exists(path, kLargestFile));
    if (content) TRY(conf.add(*content, path.string()));
  }
  return conf;
}

Result<void> RegistriesConf::add(std::string_view text, const std::string& name) {
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& problem) {  // the library has no other way to say it
    return Error(Errc::kInvalid, concat("'", name, "' (line ", problem.source().begin.line,
                                        "): ", printable(problem.description())));
  }
  auto entries = TRY(FileReader(name, warnings_).read(root));
  for (auto& entry : entries) {
    const auto same = std::ranges::find(entries_, entry.prefix, &RegistryEntry::prefix);
    if (same == entries_.end()) {
      entries_.push_back(std::move(entry));
    } else {
      *same = std::move(entry);
    }
  }
  return {};
}

const RegistryEntry* RegistriesConf::match(std::string_view name) const {
  const RegistryEntry* best = nullptr;
  for (const auto& entry : entries_) {
    if (!matched_length(name, entry.prefix)) continue;
    if (best == nullptr || entry.prefix.size() > best->prefix.size()) best = &entry;
  }
  return best;
}

Result<std::vector<PhysicalSource>> RegistriesConf::sources(const ImageRef& reference) const {
  const auto is_blocked = [this](const ImageRef& physical) {
    const auto* entry = match(physical.repository());
    return entry != nullptr && entry->blocked;
  };
  const auto* entry = match(reference.repository());
  if (entry == nullptr) {
    return std::vector<PhysicalSource>{{.reference = reference,
                                        .trust = Trust::kVerified,
                                        .blocked = false,
                                        .is_mirror = false,
                                        .why = "not in registries.conf"}};
  }
  const auto matched = *matched_length(reference.repository(), entry->prefix);
  const auto where = concat("'", entry->prefix, "' ('", entry->file, "', line ", entry->line, ")");
  std::vector<PhysicalSource> sources;
  for (const auto& mirror : entry->mirrors) {
    // Our references are pinned by digest, all of them.
    if (mirror.pull == PullFromMirror::kTagOnly) continue;
    const auto physical = TRY(rewritten(reference, matched, mirror.location, *entry));
    sources.push_back({.reference = physical,
                       .trust = mirror.trust,
                       .blocked = is_blocked(physical),
                       .is_mirror = true,
                       .why = "mirror of " + where});
  }
  const auto primary = TRY(rewritten(reference, matched, entry->location, *entry));
  sources.push_back({.reference = primary,
                     .trust = entry->trust,
                     .blocked = entry->blocked || is_blocked(primary),
                     .is_mirror = false,
                     .why = where});
  return sources;
}

}  // namespace pivotd::oci
