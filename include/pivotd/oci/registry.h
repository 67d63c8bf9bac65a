#pragma once
// Images from a container registry (OCI distribution, Docker registry v2), over HTTPS, with the
// configuration files that administrators already have: pull secrets, registries.conf, certs.d,
// proxy.env. All of them are read again at each resolve().

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pivotd/base/result.h"
#include "pivotd/ports/image_source.h"

namespace pivotd::oci {

struct Timeouts {
  std::chrono::milliseconds connect{30'000};  // name, TCP, proxy and TLS
  std::chrono::milliseconds headers{60'000};  // from then until the head of the answer is there
  // A body slower than `stall_rate` for this long while we wait for it is broken.
  std::chrono::milliseconds stall{60'000};
  std::uint64_t stall_rate = 1024;  // bytes a second
};

// Of one request (manifest, config) or one blob. Waits are random between zero and a limit that
// doubles (full jitter), so that a thousand nodes do not come back at once.
struct RetryPolicy {
  int attempts = 6;  // at each source, in a row without progress
  std::chrono::milliseconds first_delay{1'000};
  std::chrono::milliseconds longest_delay{60'000};
  std::chrono::milliseconds longest_retry_after{300'000};  // what a server may ask for
  // A broken body that had brought this much renews the attempts: as with the stall rate, what is
  // slower is no progress.
  std::uint64_t progress = 1024;
};

struct RegistryOptions {
  // Exclusive where it is set: it must exist, and no other file is searched.
  std::optional<std::filesystem::path> auth_file;
  std::vector<std::filesystem::path>
      auth_files;  // searched in this order; absent ones are passed over
  std::filesystem::path registries_conf = "/etc/containers/registries.conf";
  std::filesystem::path registries_conf_directory = "/etc/containers/registries.conf.d";
  // The first that has a directory for the registry's host[:port] is used.
  std::vector<std::filesystem::path> certs_directories = {"/etc/containers/certs.d",
                                                          "/etc/docker/certs.d"};
  std::vector<std::string> insecure;  // host[:port], beside what registries.conf says
  // Read where none of the proxy variables is set in `environment`.
  std::filesystem::path proxy_env = "/etc/mco/proxy.env";
  std::vector<std::string> environment;  // "NAME=value", of which the proxy variables are used
  Timeouts timeouts;
  RetryPolicy retry;
  std::string user_agent = "pivotd";
};

// What this host has: the search list for pull secrets (REGISTRY_AUTH_FILE is exclusive where it is
// set), and the environment of this process.
RegistryOptions host_registry_options();

// kInvalid when an option cannot be right. Contacts nothing.
Result<std::unique_ptr<ImageSource>> open_registry(RegistryOptions options);

}  // namespace pivotd::oci
