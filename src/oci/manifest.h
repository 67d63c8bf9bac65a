#pragma once
// What a registry's JSON says, read so that no two readers can understand it differently: a body is
// classified by what it is, not by what a header calls it, and a body that could be two things is
// refused (CVE-2021-41190).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pivotd/base/result.h"
#include "pivotd/model/digest.h"

namespace pivotd::oci {

inline constexpr std::uint64_t kLargestManifest = 4U * 1024 * 1024;
inline constexpr std::uint64_t kLargestConfig = 4U * 1024 * 1024;
inline constexpr std::size_t kMostLayers = 128;

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::map<std::string, std::string> annotations;

  bool operator==(const Descriptor&) const = default;
};

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;

  bool operator==(const Platform&) const = default;
};

struct IndexEntry {
  Descriptor manifest;
  std::optional<Platform> platform;

  bool operator==(const IndexEntry&) const = default;
};

struct Index {
  std::vector<IndexEntry> entries;
  bool operator==(const Index&) const = default;
};

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;
  bool operator==(const Manifest&) const = default;
};

struct ImageConfig {
  std::string os;
  std::string architecture;
  std::map<std::string, std::string> labels;
  std::vector<Digest> diff_ids;
  bool operator==(const ImageConfig&) const = default;
};

// `content_type` is the header's, without parameters; a recognised one must agree with the body.
// kInvalid on what is no manifest, kUnsupported on schema 1, on other artifacts, and on layers that
// are foreign, encrypted or of an unknown kind.
Result<std::variant<Manifest, Index>> parse_manifest(std::string_view body,
                                                     std::string_view content_type);

// The entry for linux on this architecture (Go's name): with a platform that says so, in order of
// variants; else the first without a platform. kUnsupported names what there is.
Result<IndexEntry> choose_platform(const Index& index, const std::string& architecture);

// kInvalid unless there are exactly `layers` DiffIDs.
Result<ImageConfig> parse_config(std::string_view body, std::size_t layers);

}  // namespace pivotd::oci
