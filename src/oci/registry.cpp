#include "pivotd/oci/registry.h"

#include <algorithm>
#include <map>

#include <unistd.h>

#include "pivotd/base/sha256.h"
#include "pivotd/base/text.h"

#include "oci/blob.h"
#include "oci/manifest.h"
#include "oci/session.h"

namespace pivotd::oci {

namespace {

constexpr std::string_view kCommitLabel = "com.coreos.ostree-commit";
constexpr std::string_view kBootableLabel = "ostree.bootable";

// One header each, as some registries want it. Schema 1 is not asked for: nobody shall convert.
const std::vector<std::string>& manifest_headers() {
  static const std::vector<std::string> kHeaders{
      "Accept: application/vnd.oci.image.manifest.v1+json",
      "Accept: application/vnd.docker.distribution.manifest.v2+json",
      "Accept: application/vnd.docker.distribution.manifest.list.v2+json",
      "Accept: application/vnd.oci.image.index.v1+json",
      "Docker-Distribution-API-Version: registry/2.0"};
  return kHeaders;
}

Result<std::optional<Checksum>> commit_of(const std::map<std::string, std::string>& labels) {
  const auto label = labels.find(std::string(kCommitLabel));
  if (label == labels.end()) return std::optional<Checksum>();
  const auto commit =
      TRY(Checksum::parse(label->second).context(concat("the label '", kCommitLabel, "'")));
  return std::optional(commit);
}

Result<void> check_for_host(const ImageConfig& config, const std::string& architecture) {
  if (config.labels.contains(std::string(kBootableLabel))) {
    return Error(Errc::kUnsupported,
                 concat("the image has the label '", kBootableLabel,
                        "': it is a bootable container, not a machine-os-content image with a "
                        "repository in it"));
  }
  const auto os = config.os.empty() ? std::string("linux") : config.os;
  if (os != "linux" || config.architecture != architecture) {
    return Error(Errc::kUnsupported,
                 concat("the image is for ", printable(os), "/",
                        config.architecture.empty() ? "?" : printable(config.architecture),
                        ", this host is linux/", architecture));
  }
  return {};
}

class Registry final : public ImageSource {
 public:
  explicit Registry(RegistryOptions options)
      : options_(std::move(options)), client_(options_.timeouts, options_.user_agent) {}

  Result<Image> resolve(const ImageRef& reference, const std::string& architecture,
                        const Stop& stop) override {
    return resolve_image(reference, architecture, stop)
        .context(concat("resolving the image '", reference.str(), "'"));
  }

  Result<std::unique_ptr<ByteSource>> open_layer(const Image& image, std::size_t index,
                                                 const Stop& stop) override {
    PIVOTD_ASSERT(index < image->layers.size());
    const auto& layer = image->layers[index];
    const auto what = concat("layer '", layer.digest.str(), "'");
    auto* session = TRY(session_for(image->reference));
    auto stream = std::make_unique<BlobStream>(*session, layer.digest, layer.size);
    TRY(stream->open(stop).context(concat("opening ", what)));
    return std::unique_ptr<ByteSource>(std::make_unique<VerifiedSource>(
        std::move(stream), layer.digest.value(), layer.size, what));
  }

 private:
  Result<Image> resolve_image(const ImageRef& reference, const std::string& architecture,
                              const Stop& stop) {
    auto& session = *TRY(open_session(reference));
    const auto [manifest, digest] = TRY(fetch_manifest(session, reference, architecture, stop));
    const auto config = TRY(fetch_config(session, manifest, stop));
    TRY(check_for_host(config, architecture));
    const auto commit = TRY(commit_of(config.labels));
    ImageContent content{.reference = reference,
                         .manifest = digest,
                         .config = manifest.config.digest,
                         .architecture = config.architecture,
                         .labels = config.labels,
                         .commit = commit,
                         .layers = {}};
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
      const auto& layer = manifest.layers[i];
      content.layers.push_back({.digest = layer.digest,
                                .size = layer.size,
                                .diff_id = config.diff_ids[i],
                                .media_type = layer.media_type,
                                .annotations = layer.annotations});
    }
    return prove(std::move(content));
  }

  using Chosen = std::pair<Manifest, Digest>;

  Result<Chosen> fetch_manifest(Session& session, const ImageRef& reference,
                                const std::string& architecture, const Stop& stop) {
    auto document = TRY(fetch_document(session, reference.digest(), std::nullopt, stop));
    if (auto* manifest = std::get_if<Manifest>(&document))
      return Chosen(std::move(*manifest), reference.digest());
    const auto entry = TRY(choose_platform(std::get<Index>(document), architecture));
    const auto& child = entry.manifest;
    if (child.size > kLargestManifest) {
      return Error(Errc::kInvalid, concat("the index names a manifest of ", child.size,
                                          " bytes, more than the limit of ", kLargestManifest));
    }
    auto inner = TRY(fetch_document(session, child.digest, child.size, stop));
    if (auto* manifest = std::get_if<Manifest>(&inner))
      return Chosen(std::move(*manifest), child.digest);
    return Error(Errc::kUnsupported, "the index names another index, which is not supported");
  }

  static Result<std::variant<Manifest, Index>> fetch_document(Session& session,
                                                              const Digest& digest,
                                                              std::optional<std::uint64_t> size,
                                                              const Stop& stop) {
    const auto fetched = TRY(session.fetch({.resource = "manifests/" + digest.str(),
                                            .headers = manifest_headers(),
                                            .digest = digest,
                                            .size = size,
                                            .limit = kLargestManifest,
                                            .what = "the manifest"},
                                           stop));
    return parse_manifest(fetched.body, fetched.content_type);
  }

  static Result<ImageConfig> fetch_config(Session& session, const Manifest& manifest,
                                          const Stop& stop) {
    const auto fetched = TRY(session.fetch({.resource = "blobs/" + manifest.config.digest.str(),
                                            .headers = {"Accept: application/octet-stream"},
                                            .digest = manifest.config.digest,
                                            .size = manifest.config.size,
                                            .limit = kLargestConfig,
                                            .what = "the image config"},
                                           stop));
    return parse_config(fetched.body, manifest.layers.size());
  }

  Result<Session*> open_session(const ImageRef& reference) {
    auto session = TRY(Session::open(options_, client_, reference));
    const auto [place, is_new] =
        sessions_.insert_or_assign(reference.repository(), std::move(session));
    return &place->second;
  }

  // Of the resolve() before; an image that another source resolved is as good.
  Result<Session*> session_for(const ImageRef& reference) {
    const auto known = sessions_.find(reference.repository());
    if (known != sessions_.end()) return &known->second;
    return open_session(reference);
  }

  RegistryOptions options_;
  HttpClient client_;
  // By repository, replaced in place: open streams refer to them.
  std::map<std::string, Session> sessions_;
};

std::vector<std::string> environment_of_this_process() {
  std::vector<std::string> lines;
  for (char** line = ::environ; line != nullptr && *line != nullptr; ++line)
    lines.emplace_back(*line);
  return lines;
}

std::optional<std::string> value_of(const std::vector<std::string>& environment,
                                    std::string_view name) {
  for (const auto& line : environment)
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == '=')
      return line.substr(name.size() + 1);
  return std::nullopt;
}

}  // namespace

RegistryOptions host_registry_options() {
  RegistryOptions options;
  const auto environment = environment_of_this_process();
  // Only what is about proxies goes further: the rest may hold anything.
  for (const auto* name :
       {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"})
    if (const auto value = value_of(environment, name))
      options.environment.push_back(concat(name, "=", *value));
  const auto exclusive = value_of(environment, "REGISTRY_AUTH_FILE");
  if (exclusive && !exclusive->empty()) options.auth_file = *exclusive;
  options.auth_files = {"/var/lib/kubelet/config.json", "/run/ostree/auth.json",
                        "/etc/ostree/auth.json",        "/usr/lib/ostree/auth.json",
                        "/run/containers/0/auth.json",  "/root/.config/containers/auth.json",
                        "/root/.docker/config.json"};
  return options;
}

Result<std::unique_ptr<ImageSource>> open_registry(RegistryOptions options) {
  for (const auto& host : options.insecure) {
    const auto url = Url::of(Scheme::kHttp, host, "/");
    if (host.find('/') != std::string::npos || !url.ok())
      return Error(Errc::kInvalid, concat("the insecure registry '", printable(host),
                                          "' is not of the form host[:port]"));
  }
  if (options.retry.attempts < 1)
    return Error(Errc::kInvalid, "a registry needs at least one attempt");
  return std::unique_ptr<ImageSource>(std::make_unique<Registry>(std::move(options)));
}

}  // namespace pivotd::oci
