#pragma once
// What a registry says about an error, for one line of a log. It is text of a server that may be
// hostile, and that has seen our credentials: they are taken out of it.

#include <string>
#include <string_view>
#include <vector>

#include "oci/http.h"

namespace pivotd::oci {

// `text` with every one of the secrets replaced by "***".
std::string redacted(std::string text, const std::vector<Secret>& secrets);
Error redacted(const Error& error, const std::vector<Secret>& secrets);

// "MANIFEST_UNKNOWN: manifest unknown" of {"errors":[...]}, else the beginning of the body; "" for
// an empty one.
std::string describe_error_body(std::string_view body, const std::vector<Secret>& secrets);

// The body of an answer that is an error, as far as it can be had.
std::string read_error_body(HttpResponse& response, const Stop& stop);

}  // namespace pivotd::oci
