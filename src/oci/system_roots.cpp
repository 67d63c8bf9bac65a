#include "oci/system_roots.h"

#include "pivotd/base/files.h"

namespace pivotd::oci {

namespace {
constexpr std::uint64_t kLargestBundle = 16U * 1024 * 1024;
}

Result<std::string> system_roots() {
  for (const char* bundle : {"/etc/pki/tls/certs/ca-bundle.crt",    // Red Hat and kin
                             "/etc/ssl/certs/ca-certificates.crt",  // Debian and kin
                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    auto content = TRY(read_file_if_exists(bundle, kLargestBundle));
    if (content) return *std::move(content);
  }
  return std::string();  // a host that trusts nobody but what certs.d says
}

}  // namespace pivotd::oci
