#pragma once
// registries.conf (version 2) with its drop-ins: from the name an image has to the places it may be
// had from, mirrors first, in the order they are tried.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"
#include "pivotd/model/image_ref.h"

namespace pivotd::oci {

enum class Trust {
  kVerified,
  kInsecure,  // TLS is not verified, and plain HTTP is a fallback
};

enum class PullFromMirror { kAll, kDigestOnly, kTagOnly };

struct Mirror {
  std::string location;
  Trust trust = Trust::kVerified;
  PullFromMirror pull = PullFromMirror::kAll;

  bool operator==(const Mirror&) const = default;
};

struct RegistryEntry {
  std::string prefix;
  std::string location;
  Trust trust = Trust::kVerified;
  bool blocked = false;
  std::vector<Mirror> mirrors;
  std::string file;  // the file it is from
  std::int64_t line = 0;

  bool operator==(const RegistryEntry&) const = default;
};

// One place the image may be had from.
struct PhysicalSource {
  ImageRef reference;  // under its physical name
  Trust trust = Trust::kVerified;
  bool blocked = false;
  bool is_mirror = false;
  std::string why;  // "mirror of 'quay.io/x' ('/etc/...', line 3)", for people

  bool operator==(const PhysicalSource&) const = default;
};

// The length of `name` ("host[:port]/path") that `prefix` covers; none when it does not match.
std::optional<std::size_t> matched_length(std::string_view name, std::string_view prefix);

class RegistriesConf {
 public:
  // The main file and the *.conf of the directory in the order of their names; both may be absent.
  // kInvalid names file and line. Only one bad file makes every pull fail, as with podman: a mirror
  // that is silently ignored is worse.
  static Result<RegistriesConf> load(const std::filesystem::path& file,
                                     const std::filesystem::path& directory);
  // One more file: its entries replace those with the same prefix.
  Result<void> add(std::string_view text, const std::string& name);

  // Never empty; the primary is last. kInvalid when a rewritten name is none.
  Result<std::vector<PhysicalSource>> sources(const ImageRef& reference) const;

  const std::vector<RegistryEntry>& entries() const { return entries_; }
  // Unknown keys, with file and line: most are typos.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  const RegistryEntry* match(std::string_view name) const;

  std::vector<RegistryEntry> entries_;
  std::vector<std::string> warnings_;
};

}  // namespace pivotd::oci
