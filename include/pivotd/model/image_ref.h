#pragma once
// A reference to an image by digest: "registry.example:5000/ns/repo[:tag]@sha256:...". What is not
// pinned by a digest is refused: everything below the reference is content-addressed, and so can be
// verified, only when it is.

#include <optional>
#include <string>
#include <string_view>

#include "pivotd/base/result.h"
#include "pivotd/model/digest.h"

namespace pivotd {

class ImageRef {
 public:
  // By the grammar of docker/reference, with an explicit registry host, IPv6 literals accepted,
  // ports 1 to 65535. A tag beside the digest is kept for showing and never resolved. kInvalid says
  // in one line what is wrong and what to write.
  static Result<ImageRef> parse(std::string_view text);

  const std::string& str() const { return text_; }  // as written
  const std::string& host() const {
    return host_;
  }  // with the port where one is written: "[fd00::1]:5000"
  const std::string& path() const { return path_; }  // "openshift-release-dev/ocp-v4.0-art-dev"
  const std::optional<std::string>& tag() const { return tag_; }
  const Digest& digest() const { return digest_; }
  std::string repository() const { return host_ + "/" + path_; }

  // The same image under another registry or repository name (mirrors); `repository` must parse.
  Result<ImageRef> with_repository(std::string_view repository) const;

  bool operator==(const ImageRef&) const = default;

 private:
  ImageRef(std::string text, std::string host, std::string path, std::optional<std::string> tag,
           const Digest& digest)
      : text_(std::move(text)),
        host_(std::move(host)),
        path_(std::move(path)),
        tag_(std::move(tag)),
        digest_(digest) {}

  std::string text_;
  std::string host_;
  std::string path_;
  std::optional<std::string> tag_;
  Digest digest_;
};

}  // namespace pivotd
