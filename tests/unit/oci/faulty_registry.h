#pragma once
// A registry on loopback with one image in it, that behaves unless a test takes a request over.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/oci/registry.h"

#include "http_server.h"

namespace pivotd::fakes {

inline constexpr std::string_view kRepository = "ns/os";
inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

// Bytes without a pattern that a shifted copy could match.
std::string noise(std::size_t size, std::uint32_t seed);
// The bytes of `whole` with one of them changed.
std::string with_wrong_byte(std::string whole, std::size_t position);

// What the registry holds.
struct Content {
  Content();
  std::string labels;
  std::string architecture = "amd64";
  std::vector<std::string> layers;
  std::string diff_ids;  // "" for the right ones

  std::string config() const;
  std::string manifest() const;
  std::string index() const;
};

// As a registry should.
void behave(const Content& content, const HttpServerRequest& request,
            HttpServerConnection& connection);

// Every limit short, nothing of the host's configuration.
oci::RegistryOptions options_for(const std::vector<std::string>& insecure);
ImageRef reference(const std::string& host, std::string_view manifest);
// All layers' bytes.
Result<std::string> pull(ImageSource& source, const ImageRef& image, const Stop& stop = {});

// Takes a request over (true), or leaves it to the registry that behaves; `nth` counts the requests
// for the same target from 0.
using Fault = std::function<bool(const HttpServerRequest&, HttpServerConnection&, int nth)>;
using Script = std::function<void(const HttpServerRequest&, HttpServerConnection&)>;

bool wants(const HttpServerRequest& request, std::string_view part);
// For every target that holds `part`.
Fault on(std::string_view part, Script script);
Fault raw(std::string_view part, std::string bytes);  // and the end of the connection
Fault status(std::string_view part, int code, std::string body = "");
Fault redirect(std::string_view part, std::string location);
// Only the first answers are bad.
Fault first(int count, Fault fault);

class FaultyRegistry {
 public:
  explicit FaultyRegistry(Content content = {}, Fault fault = {});

  const Content& content() const { return content_; }
  HttpServer& server() { return server_; }
  std::string host() const { return server_.host(); }
  ImageRef image() const { return reference(host(), content_.manifest()); }
  std::string layers() const;
  Result<std::string> pull_it(oci::RegistryOptions options);
  Result<std::string> pull_it() { return pull_it(options_for({host()})); }

 private:
  void handle(const HttpServerRequest& request, HttpServerConnection& connection);

  Content content_;
  Fault fault_;
  HttpServer server_;
};

}  // namespace pivotd::fakes
