#pragma once
// certs.d: what an administrator gave for one registry host beside the system's certificates.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"

#include "oci/http.h"

namespace pivotd::oci {

struct HostCertificates {
  std::optional<std::filesystem::path> directory;  // the one that was used
  std::string roots;                               // PEM of every *.crt in it
  std::optional<std::string> certificate;          // PEM of X.cert
  std::optional<Secret> key;                       // PEM of X.key
};

// The first of `directories` that has a directory named `host` (with the port where the reference
// has one) is the only one that is used. kInvalid on a certificate without its key or the other way
// round, and on a *.crt that holds no certificate.
Result<HostCertificates> find_certificates(const std::vector<std::filesystem::path>& directories,
                                           std::string_view host);

}  // namespace pivotd::oci
