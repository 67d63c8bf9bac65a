#include "faulty_registry.h"

#include "pivotd/base/text.h"

namespace pivotd::fakes {

using std::chrono::milliseconds;

namespace {

constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";

std::string descriptor(std::string_view type, std::string_view content,
                       std::string_view more = "") {
  return concat(R"({"mediaType":")", type, R"(","digest":")", Digest::of(content).str(),
                R"(","size":)", content.size(), more, "}");
}

void answer_range(const HttpServerRequest& request, HttpServerConnection& connection,
                  std::string_view blob) {
  const auto range = request.header("range");
  if (range.empty()) {
    connection.respond(200, {"Content-Type: application/octet-stream"}, blob);
    return;
  }
  const auto from = std::stoul(range.substr(std::string_view("bytes=").size()));
  connection.respond(
      206, {concat("Content-Range: bytes ", from, "-", blob.size() - 1, "/", blob.size())},
      blob.substr(from));
}

}  // namespace

std::string noise(std::size_t size, std::uint32_t seed) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) {
    seed = seed * 1664525U + 1013904223U;
    byte = static_cast<char>(seed >> 24U);
  }
  return bytes;
}

std::string with_wrong_byte(std::string whole, std::size_t position) {
  whole[position] = static_cast<char>(whole[position] ^ 1);
  return whole;
}

Content::Content()
    : labels(concat(R"("com.coreos.ostree-commit":")", std::string(64, 'c'), "\"")),
      layers{noise(300'000, 1), noise(1'000, 2)} {}

std::string Content::config() const {
  std::vector<std::string> ids;
  for (const auto& layer : layers)
    ids.push_back(concat("\"", Digest::of(layer + "diff").str(), "\""));
  return concat(R"({"os":"linux","architecture":")", architecture, R"(","config":{"Labels":{)",
                labels, R"(}},"rootfs":{"type":"layers","diff_ids":[)",
                diff_ids.empty() ? join(ids, ",") : diff_ids, "]}}");
}

std::string Content::manifest() const {
  std::vector<std::string> descriptors;
  for (const auto& layer : layers) descriptors.push_back(descriptor(kLayerType, layer));
  return concat(R"({"schemaVersion":2,"mediaType":")", kManifestType, R"(","config":)",
                descriptor(kConfigType, config()), R"(,"layers":[)", join(descriptors, ","), "]}");
}

std::string Content::index() const {
  const auto platform =
      concat(R"(,"platform":{"os":"linux","architecture":")", architecture, "\"}");
  return concat(R"({"schemaVersion":2,"mediaType":")", kIndexType, R"(","manifests":[)",
                descriptor(kManifestType, manifest(), platform), "]}");
}

void behave(const Content& content, const HttpServerRequest& request,
            HttpServerConnection& connection) {
  const auto is = [&](std::string_view kind, std::string_view bytes) {
    return request.target == concat("/v2/", kRepository, "/", kind, "/", Digest::of(bytes).str());
  };
  if (request.target == "/v2/") return connection.respond_status(200);
  for (const auto& layer : content.layers)
    if (is("blobs", layer)) return answer_range(request, connection, layer);
  if (is("blobs", content.config())) return connection.respond(200, {}, content.config());
  if (is("manifests", content.manifest()))
    return connection.respond(200, {concat("Content-Type: ", kManifestType)}, content.manifest());
  if (is("manifests", content.index()))
    return connection.respond(200, {concat("Content-Type: ", kIndexType)}, content.index());
  connection.respond(404, {}, R"({"errors":[{"code":"NAME_UNKNOWN","message":"not here"}]})");
}

oci::RegistryOptions options_for(const std::vector<std::string>& insecure) {
  oci::RegistryOptions options;
  options.registries_conf = "";
  options.registries_conf_directory = "";
  options.certs_directories = {};
  options.proxy_env = "";
  options.insecure = insecure;
  options.timeouts = {.connect = milliseconds(2'000),
                      .headers = milliseconds(300),
                      .stall = milliseconds(200),
                      .stall_rate = 1024};
  options.retry = {.attempts = 3,
                   .first_delay = milliseconds(1),
                   .longest_delay = milliseconds(5),
                   .longest_retry_after = milliseconds(20),
                   .progress = 1024};
  return options;
}

ImageRef reference(const std::string& host, std::string_view manifest) {
  return *ImageRef::parse(concat(host, "/", kRepository, "@", Digest::of(manifest).str()));
}

Result<std::string> pull(ImageSource& source, const ImageRef& image, const Stop& stop) {
  const auto resolved = TRY(source.resolve(image, "amd64", stop));
  std::string all;
  for (std::size_t i = 0; i < resolved->layers.size(); ++i) {
    const auto layer = TRY(source.open_layer(resolved, i, stop));
    all += TRY(read_all(*layer, 10'000'000, "the layer", stop));
  }
  return all;
}

bool wants(const HttpServerRequest& request, std::string_view part) {
  return request.target.find(part) != std::string::npos;
}

Fault on(std::string_view part, Script script) {
  return [part = std::string(part), script = std::move(script)](const auto& request,
                                                                auto& connection, int) {
    if (!wants(request, part)) return false;
    script(request, connection);
    return true;
  };
}

Fault raw(std::string_view part, std::string bytes) {
  return on(part, [bytes = std::move(bytes)](const auto&, auto& connection) {
    connection.send(bytes);
    connection.close();
  });
}

Fault status(std::string_view part, int code, std::string body) {
  return on(part, [code, body = std::move(body)](const auto&, auto& connection) {
    connection.respond(code, {}, body);
  });
}

Fault redirect(std::string_view part, std::string location) {
  return on(part, [location = std::move(location)](const auto&, auto& connection) {
    connection.respond(307, {"Location: " + location}, "");
  });
}

Fault first(int count, Fault fault) {
  return [count, fault = std::move(fault)](const auto& request, auto& connection, int nth) {
    return nth < count && fault(request, connection, nth);
  };
}

FaultyRegistry::FaultyRegistry(Content content, Fault fault)
    : content_(std::move(content)),
      fault_(std::move(fault)),
      server_([this](const auto& request, auto& connection) { handle(request, connection); }) {}

std::string FaultyRegistry::layers() const {
  return join(content_.layers, "");
}

Result<std::string> FaultyRegistry::pull_it(oci::RegistryOptions options) {
  const auto source = TRY(oci::open_registry(std::move(options)));
  return pull(*source, image());
}

void FaultyRegistry::handle(const HttpServerRequest& request, HttpServerConnection& connection) {
  const auto nth = static_cast<int>(server_.count_of(request.target)) - 1;
  if (!fault_ || !fault_(request, connection, nth)) behave(content_, request, connection);
}

}  // namespace pivotd::fakes
