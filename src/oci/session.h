#pragma once
// The sources of one repository with everything that was read about them (credentials,
// certificates, proxies): what a pull works with from its manifest to its last layer.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pivotd/model/image_ref.h"
#include "pivotd/oci/registry.h"

#include "oci/endpoint.h"
#include "oci/source_walk.h"

namespace pivotd::oci {

class Session {
 public:
  // Reads all configuration files; contacts nothing. `options` and `client` must outlive this.
  static Result<Session> open(const RegistryOptions& options, HttpClient& client,
                              const ImageRef& reference);

  struct Wanted {
    std::string resource;  // "manifests/sha256:..."
    std::vector<std::string> headers;
    Digest digest;
    std::optional<std::uint64_t> size;
    std::uint64_t limit;  // where the size is not known
    std::string what;     // "the manifest"
  };
  struct Fetched {
    std::string body;
    std::string content_type;
  };
  // The whole of a small thing, of the right size and digest.
  Result<Fetched> fetch(const Wanted& wanted, const Stop& stop);

  // For a stream that walks the sources on its own.
  SourceWalk walk() const;
  // None where it is unusable, or where there are fewer sources.
  Endpoint* endpoint(std::size_t index) {
    return index < places_.size() ? places_[index].endpoint.get() : nullptr;
  }
  // The source that served last, so that the next request begins there.
  void prefer(std::size_t index) { preferred_ = index; }

 private:
  struct Place {
    std::string name;
    std::unique_ptr<Endpoint> endpoint;  // none where it is unusable
    std::optional<Error> unusable;
  };

  explicit Session(const RetryPolicy& retry) : retry_(retry) {}

  std::variant<Fetched, Failure> fetch_once(Endpoint& endpoint, const Wanted& wanted,
                                            const Stop& stop);

  RetryPolicy retry_;
  std::vector<Place> places_;
  std::size_t preferred_ = 0;
};

}  // namespace pivotd::oci
