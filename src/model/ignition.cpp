#include "pivotd/model/ignition.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>

#include "pivotd/base/text.h"

#include "model/problems.h"

namespace pivotd {

namespace {

constexpr std::array<std::string_view, 7> kVersions{"2.2.0", "3.0.0", "3.1.0", "3.2.0",
                                                    "3.3.0", "3.4.0", "3.5.0"};
constexpr std::string_view kVersionsForPeople =
    "2.2.0, 3.0.0, 3.1.0, 3.2.0, 3.3.0, 3.4.0 and 3.5.0";
constexpr std::array<std::string_view, 4> kDiskSections{"disks", "filesystems", "raid", "luks"};
constexpr std::uint64_t kMaxFileMode = 0777;

enum class Generation { kTwo, kThree };

bool starts_with_data_scheme(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  return url.size() >= kScheme.size() &&
         std::equal(kScheme.begin(), kScheme.end(), url.begin(), [](char expected, char found) {
           return expected == std::tolower(static_cast<unsigned char>(found));
         });
}

std::string octal(std::uint64_t mode) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "0%llo", static_cast<unsigned long long>(mode));
  return text.data();
}

// Reads one config. Counts what there is and notes every problem.
class Reader {
 public:
  explicit Reader(const json::Cursor& config) : config_(config) {}

  Result<IgnitionSummary> read() {
    read_version();
    if (const auto storage = problems_.object(config_, "storage")) read_storage(*storage);
    if (const auto systemd = problems_.object(config_, "systemd")) read_systemd(*systemd);
    if (const auto passwd = problems_.object(config_, "passwd")) read_passwd(*passwd);
    if (generation_ == Generation::kTwo) read_networkd();
    if (!problems_.empty()) return problems_.error();
    return std::move(summary_);
  }

 private:
  void read_version() {
    const auto ignition = problems_.take(config_.member("ignition"));
    if (!ignition) return;
    const auto version = problems_.take(ignition->member("version"));
    if (!version) return;
    auto text = problems_.take(version->string());
    if (!text) return;
    // The Machine Config Operator's own documents say 2.2 for it.
    if (*text == "2.2") text = "2.2.0";
    if (std::find(kVersions.begin(), kVersions.end(), *text) == kVersions.end())
      problems_.add(version->error(concat("Ignition version '", printable(*text),
                                          "' is not supported; the supported ones are ",
                                          kVersionsForPeople)));
    generation_ = text->starts_with("2.") ? Generation::kTwo : Generation::kThree;
    summary_.version = *std::move(text);
  }

  void read_storage(const json::Cursor& storage) {
    for (const auto& file : problems_.objects(storage, "files")) read_file(file);
    summary_.directories = count_paths(storage, "directories");
    summary_.links = count_paths(storage, "links");
    for (const auto section : kDiskSections) {
      if (problems_.elements(storage, section).empty()) continue;
      summary_.disk_layout.emplace(
          concat("storage.", section),
          Digest::of(json::dump_canonical(*storage.value().find(section))));
    }
  }

  std::size_t count_paths(const json::Cursor& storage, std::string_view section) {
    const auto entries = problems_.objects(storage, section);
    for (const auto& entry : entries) read_path(entry);
    return entries.size();
  }

  void read_path(const json::Cursor& entry) {
    const auto path = problems_.name(entry, "path");
    if (path && !path->empty() && path->front() != '/')
      problems_.add(
          entry.error(concat("path '", printable(*path), "' is not absolute: start it with '/'")));
  }

  void read_file(const json::Cursor& file) {
    ++summary_.files;
    read_path(file);
    if (const auto mode = problems_.member(file, "mode")) read_mode(*mode);
    read_append(file);
    const auto contents = problems_.object(file, "contents");
    const auto source = contents ? problems_.string(*contents, "source") : std::nullopt;
    if (source && !source->empty() && !starts_with_data_scheme(*source))
      problems_.add(contents->error("its source is not a 'data:' URL, and no other kind is taken"));
  }

  void read_mode(const json::Cursor& mode) {
    const auto bits = problems_.take(mode.unsigned_integer());
    if (bits && *bits > kMaxFileMode)
      problems_.add(mode.error(concat("mode ", *bits, " is ", octal(*bits),
                                      " in octal, more than 0777: JSON has modes in decimal, 0644 "
                                      "is 420")));
  }

  void read_append(const json::Cursor& file) {
    const bool appends = generation_ == Generation::kTwo
                             ? problems_.boolean(file, "append").value_or(false)
                             : !problems_.elements(file, "append").empty();
    if (appends)
      problems_.add(file.error("'append' is not supported: give the whole file in 'contents'"));
  }

  void read_systemd(const json::Cursor& systemd) {
    const auto units = problems_.objects(systemd, "units");
    for (const auto& unit : units) {
      (void)problems_.name(unit, "name");
      (void)problems_.boolean(unit, "enabled");
      (void)problems_.boolean(unit, "mask");
      (void)problems_.string(unit, "contents");
      for (const auto& dropin : problems_.objects(unit, "dropins"))
        (void)problems_.name(dropin, "name");
    }
    summary_.units = units.size();
  }

  void read_passwd(const json::Cursor& passwd) {
    const auto users = problems_.objects(passwd, "users");
    for (const auto& user : users) {
      (void)problems_.name(user, "name");
      for (const auto& key : problems_.elements(user, "sshAuthorizedKeys"))
        (void)problems_.take(key.string());
    }
    summary_.users = users.size();
    summary_.groups = count_names(passwd, "groups");
  }

  void read_networkd() {
    if (const auto networkd = problems_.object(config_, "networkd"))
      summary_.networkd_units = count_names(*networkd, "units");
  }

  std::size_t count_names(const json::Cursor& parent, std::string_view section) {
    const auto entries = problems_.objects(parent, section);
    for (const auto& entry : entries) (void)problems_.name(entry, "name");
    return entries.size();
  }

  const json::Cursor& config_;
  Generation generation_ = Generation::kThree;
  Problems problems_;
  IgnitionSummary summary_;
};

}  // namespace

bool IgnitionSummary::empty() const {
  return files + directories + links + units + users + groups + networkd_units == 0 &&
         disk_layout.empty();
}

std::string IgnitionSummary::describe() const {
  struct Row {
    std::size_t count;
    std::string_view one;
    std::string_view many;
  };
  const std::array<Row, 7> rows{{{files, "file", "files"},
                                 {directories, "directory", "directories"},
                                 {links, "link", "links"},
                                 {units, "unit", "units"},
                                 {users, "user", "users"},
                                 {groups, "group", "groups"},
                                 {networkd_units, "networkd unit", "networkd units"}}};
  std::vector<std::string> parts;
  for (const auto& row : rows)
    if (row.count > 0) parts.push_back(concat(row.count, " ", row.count == 1 ? row.one : row.many));
  if (!disk_layout.empty()) parts.emplace_back("a disk layout");
  if (parts.size() < 2) return join(parts, "");
  const auto last = std::move(parts.back());
  parts.pop_back();
  return concat(join(parts, ", "), " and ", last);
}

Result<IgnitionSummary> parse_ignition(const json::Cursor& config) {
  if (config.value().is_null()) return IgnitionSummary{};
  const auto* object = config.value().object();
  if (object == nullptr) return config.expected("an object");
  if (object->empty()) return IgnitionSummary{};
  return Reader(config).read();
}

}  // namespace pivotd
