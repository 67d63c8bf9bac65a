#pragma once
// Pull secrets: auth.json, the kubelet's config.json and their kin, searched as podman does: by the
// physical repository, from the whole name up to the host, file by file.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/json.h"
#include "pivotd/base/result.h"

#include "oci/secret.h"

namespace pivotd::oci {

struct Credentials {
  std::string username;
  Secret password;
  std::optional<Secret> identity_token;  // where it is set, the token server takes it instead
  std::string file;                      // where they were found
  std::string key;                       // and under which key

  // "Authorization: Basic" of these.
  Secret basic() const;
};

// Standard alphabet, padded; line breaks are passed over. None on anything else.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

class AuthFile {
 public:
  // kInvalid names file and line.
  static Result<AuthFile> parse(std::string_view text, std::string name);

  // For "host[:port]/path" or a part of it. An entry without credentials hides those of the
  // namespaces above it. kInvalid on an entry that matches and cannot be used, kUnsupported where
  // the file leaves the host to a credential helper.
  Result<std::optional<Credentials>> find(std::string_view repository) const;

 private:
  AuthFile(json::Value document, std::string name)
      : document_(std::move(document)), name_(std::move(name)) {}

  Result<std::optional<Credentials>> read_entry(const std::string& key,
                                                const json::Value& entry) const;

  json::Value document_;
  std::string name_;
};

// The files of one search, in order.
struct AuthSearch {
  std::vector<std::filesystem::path> files;
  enum class Absent { kIsAnError, kIsPassedOver } absent = Absent::kIsPassedOver;

  // "'/run/containers/0/auth.json', '/root/...'", for errors.
  std::string str() const;
};

// The first match of all files, read anew. A file that cannot be read or understood is an error
// even where a later one would match: it is what the administrator has to hear about.
Result<std::optional<Credentials>> find_credentials(const AuthSearch& search,
                                                    std::string_view repository);

}  // namespace pivotd::oci
