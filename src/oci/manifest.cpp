#include "oci/manifest.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "pivotd/base/json.h"
#include "pivotd/base/text.h"

#include "oci/header_values.h"

namespace pivotd::oci {

namespace {

constexpr std::size_t kMostEntries = 1024;
constexpr std::size_t kMostLabels = 4096;
constexpr int kDeepest = 64;

constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kDockerList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";

constexpr std::array<std::string_view, 6> kLayerTypes{
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd"};

enum class Kind { kManifest, kIndex };

std::optional<Kind> kind_of_type(std::string_view type) {
  if (type == kDockerManifest || type == kOciManifest) return Kind::kManifest;
  if (type == kDockerList || type == kOciIndex) return Kind::kIndex;
  return std::nullopt;
}

Error invalid(std::string_view why) {
  return {Errc::kInvalid, concat("the manifest ", why)};
}

bool is_schema_1(std::string_view type) {
  return type.starts_with("application/vnd.docker.distribution.manifest.v1+");
}

Error schema_1_error() {
  return {
      Errc::kUnsupported,
      "the manifest is of schema 1, which is not supported: push the image again with a current "
      "tool"};
}

// By what is in it; a body that has parts of both is neither.
Result<Kind> kind_of_shape(const json::Value& root) {
  const auto has = [&](std::string_view key) { return root.find(key) != nullptr; };
  const bool image = has("config") || has("layers");
  const bool index = has("manifests");
  const bool schema_1 = has("fsLayers") || has("history") || has("signatures");
  if (int{image} + int{index} + int{schema_1} > 1)
    return invalid("is two kinds of manifest in one, so it is refused");
  if (schema_1) return schema_1_error();
  if (!image && !index) return invalid("is neither an image nor an index");
  return index ? Kind::kIndex : Kind::kManifest;
}

Result<Kind> classify(const json::Cursor& root, std::string_view content_type) {
  if (root.value().object() == nullptr) return invalid("is not a JSON object");
  const auto shape = TRY(kind_of_shape(root.value()));
  const auto schema_cursor = TRY(root.member("schemaVersion").context("the manifest"));
  const auto schema = TRY(schema_cursor.integer().context("the manifest"));
  if (schema != 2) return invalid(concat("has schemaVersion ", schema, ", expected 2"));
  const auto type_cursor = TRY(root.optional_member("mediaType").context("the manifest"));
  const auto type =
      type_cursor ? TRY(type_cursor->string().context("the manifest")) : std::string();
  if (!type.empty() && kind_of_type(type) != shape)
    return invalid(concat("has mediaType '", printable(type), "', which its content is not"));
  if (is_schema_1(content_type)) return invalid("was sent as schema 1, which its content is not");
  const auto sent = kind_of_type(content_type);
  const bool contradicts = sent && (*sent != shape || (!type.empty() && type != content_type));
  if (contradicts)
    return invalid(concat("was sent as '", printable(content_type), "', which its content is not"));
  return shape;
}

Result<std::map<std::string, std::string>> read_texts(const std::optional<json::Cursor>& cursor) {
  std::map<std::string, std::string> texts;
  if (!cursor) return texts;
  const auto members = TRY(cursor->members());
  if (members.size() > kMostLabels) return cursor->error("too many members");
  for (const auto& [key, value] : members) {
    auto text = TRY(value.string());
    texts.emplace(key, std::move(text));
  }
  return texts;
}

Result<Digest> read_digest(const json::Cursor& cursor) {
  const auto text = TRY(cursor.string());
  const auto digest = Digest::parse(text);
  if (!digest.ok()) return cursor.error(digest.error().message());
  return *digest;
}

Result<Descriptor> read_descriptor(const json::Cursor& cursor) {
  const auto type = TRY(cursor.member("mediaType"));
  const auto digest = TRY(cursor.member("digest"));
  const auto size_cursor = TRY(cursor.member("size"));
  const auto size = TRY(size_cursor.unsigned_integer());
  if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return size_cursor.error("larger than any blob");
  auto media_type = TRY(type.string());
  const auto name = TRY(read_digest(digest));
  const auto annotations = TRY(cursor.optional_member("annotations"));
  auto texts = TRY(read_texts(annotations));
  return Descriptor{.media_type = std::move(media_type),
                    .digest = name,
                    .size = size,
                    .annotations = std::move(texts)};
}

Result<void> check_layer_type(const json::Cursor& cursor, const std::string& type) {
  if (std::ranges::find(kLayerTypes, type) != kLayerTypes.end()) return {};
  const auto refuse = [&](std::string_view why) {
    return Error(Errc::kUnsupported, concat("the manifest: ", cursor.path(), ": the layer type '",
                                            printable(type), "' is ", why));
  };
  if (type.find("+encrypted") != std::string::npos) return refuse("encrypted");
  if (type.find("foreign") != std::string::npos ||
      type.find("nondistributable") != std::string::npos)
    return refuse("foreign: its bytes are not in the registry");
  return refuse("not one pivotd takes");
}

Result<Manifest> read_manifest(const json::Cursor& root) {
  const auto config_cursor = TRY(root.member("config"));
  auto config = TRY(read_descriptor(config_cursor));
  if (config.media_type != kDockerConfig && config.media_type != kOciConfig)
    return Error(Errc::kUnsupported, concat("the manifest is not an operating system's image: its "
                                            "config is of type '",
                                            printable(config.media_type), "'"));
  if (config.size > kLargestConfig)
    return config_cursor.error(concat("larger than the limit of ", kLargestConfig, " bytes"));
  Manifest manifest{.config = std::move(config), .layers = {}};
  const auto layers_cursor = TRY(root.member("layers"));
  const auto layers = TRY(layers_cursor.elements());
  if (layers.empty())
    return layers_cursor.error("an image without layers holds nothing to update to");
  if (layers.size() > kMostLayers)
    return layers_cursor.error(
        concat(layers.size(), " layers, more than the limit of ", kMostLayers));
  std::uint64_t total = 0;
  for (const auto& cursor : layers) {
    auto layer = TRY(read_descriptor(cursor));
    TRY(check_layer_type(cursor, layer.media_type));
    // Each is below 2^63, so one addition cannot wrap.
    total += layer.size;
    if (total > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return cursor.error("the layers together are larger than any image");
    manifest.layers.push_back(std::move(layer));
  }
  return manifest;
}

Result<std::string> optional_text(const json::Cursor& cursor, std::string_view key) {
  const auto member = TRY(cursor.optional_member(key));
  if (!member) return std::string();
  return member->string();
}

Result<std::optional<Platform>> read_platform(const json::Cursor& entry) {
  const auto cursor = TRY(entry.optional_member("platform"));
  if (!cursor) return std::optional<Platform>();
  Platform platform;
  platform.os = TRY(optional_text(*cursor, "os"));
  platform.architecture = TRY(optional_text(*cursor, "architecture"));
  platform.variant = TRY(optional_text(*cursor, "variant"));
  return std::optional(std::move(platform));
}

Result<Index> read_index(const json::Cursor& root) {
  Index index;
  const auto list = TRY(root.member("manifests"));
  const auto entries = TRY(list.elements());
  if (entries.size() > kMostEntries)
    return list.error(concat(entries.size(), " entries, more than the limit of ", kMostEntries));
  for (const auto& cursor : entries) {
    auto manifest = TRY(read_descriptor(cursor));
    auto platform = TRY(read_platform(cursor));
    index.entries.push_back({.manifest = std::move(manifest), .platform = std::move(platform)});
  }
  return index;
}

// Best first. Only ARM has variants that matter: a v7 machine runs v6 and v5.
std::vector<std::string> acceptable_variants(const std::string& architecture) {
  if (architecture == "arm64") return {"", "v8"};
  if (architecture == "arm") return {"v8", "v7", "v6", "v5", ""};
  if (architecture == "amd64") return {"", "v1"};
  return {""};
}

std::string describe(const Index& index) {
  std::vector<std::string> names;
  for (const auto& entry : index.entries) {
    if (!entry.platform) continue;
    const auto& [os, architecture, variant] = *entry.platform;
    names.push_back(
        printable(concat(os, "/", architecture, variant.empty() ? "" : "/", variant), 60));
    if (names.size() == 16) break;
  }
  return names.empty() ? "none" : join(names, ", ");
}

Result<void> refuse_folded_duplicates(const json::Cursor& cursor) {
  std::set<std::string> seen;
  const auto members = TRY(cursor.members());
  for (const auto& [key, value] : members)
    if (!seen.insert(lower_case(key)).second)
      return value.error("the key is there twice, in upper and lower case");
  return {};
}

Result<ImageConfig> read_config(const json::Cursor& root, std::size_t layers) {
  ImageConfig config;
  TRY(refuse_folded_duplicates(root));
  config.os = TRY(optional_text(root, "os"));
  config.architecture = TRY(optional_text(root, "architecture"));
  const auto settings = TRY(root.optional_member("config"));
  if (settings) {
    TRY(refuse_folded_duplicates(*settings));
    const auto labels = TRY(settings->optional_member("Labels"));
    config.labels = TRY(read_texts(labels));
  }
  const auto rootfs = TRY(root.member("rootfs"));
  TRY(refuse_folded_duplicates(rootfs));
  const auto list = TRY(rootfs.member("diff_ids"));
  const auto ids = TRY(list.elements());
  if (ids.size() != layers)
    return list.error(concat(ids.size(), " DiffIDs for ", layers, " layers"));
  for (const auto& id : ids) config.diff_ids.push_back(TRY(read_digest(id)));
  return config;
}

}  // namespace

Result<std::variant<Manifest, Index>> parse_manifest(std::string_view body,
                                                     std::string_view content_type) {
  const json::Limits limits{.bytes = kLargestManifest,
                            .depth = kDeepest,
                            .duplicates = json::DuplicateKeys::kRefuseSameFolded};
  const auto document = TRY(json::parse(body, "the manifest", limits));
  const json::Cursor root(document);
  const auto kind = TRY(classify(root, media_type_of(content_type)));
  if (kind == Kind::kIndex) {
    auto index = TRY(read_index(root).context("the index"));
    return std::variant<Manifest, Index>(std::move(index));
  }
  auto manifest = TRY(read_manifest(root).context("the manifest"));
  return std::variant<Manifest, Index>(std::move(manifest));
}

Result<IndexEntry> choose_platform(const Index& index, const std::string& architecture) {
  for (const auto& variant : acceptable_variants(architecture)) {
    const Platform wanted{.os = "linux", .architecture = architecture, .variant = variant};
    for (const auto& entry : index.entries)
      if (entry.platform == wanted) return entry;
  }
  // A variant nobody listed above is still of this architecture; the config decides in the end.
  for (const auto& entry : index.entries)
    if (!entry.platform) return entry;
  return Error(Errc::kUnsupported, concat("the index has no image for linux/", architecture,
                                          "; it has: ", describe(index)));
}

Result<ImageConfig> parse_config(std::string_view body, std::size_t layers) {
  // Labels are names of the image's maker, who may use "Version" and "version"; what we look up
  // ourselves must be there once, however it is spelt.
  const json::Limits limits{.bytes = kLargestConfig, .depth = kDeepest};
  const auto document = TRY(json::parse(body, "the image config", limits));
  return read_config(json::Cursor(document), layers).context("the image config");
}

}  // namespace pivotd::oci
