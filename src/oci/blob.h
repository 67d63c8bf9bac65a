#pragma once
// A blob as one stream, however often its connection breaks: what is missing is asked for again
// from the byte where it broke, at the same source or the next one. All of them are asked for the
// same digest, so the pieces fit together, or the digest at the end says that they do not.

#include <cstdint>
#include <memory>
#include <optional>

#include "pivotd/base/bytes.h"

#include "oci/session.h"

namespace pivotd::oci {

class BlobStream final : public ByteSource {
 public:
  // `session` must outlive this.
  BlobStream(Session& session, const Digest& digest, std::uint64_t size);

  // Connects, so that a blob that is not there is known before anything is done with it.
  Result<void> open(const Stop& stop);

  // Exactly `size` bytes, then the end. kIntegrity when a source has more or fewer.
  Result<std::size_t> read(std::span<std::byte> buffer, const Stop& stop) override;

 private:
  Result<void> connect(const Stop& stop);
  std::optional<Failure> try_source(const Stop& stop);
  std::optional<Error> accept_whole(const HttpHead& head);
  std::optional<Error> accept_part(const HttpHead& head);
  Result<std::size_t> read_on(std::span<std::byte> buffer, const Stop& stop);
  Result<std::size_t> take(std::span<std::byte> buffer, const Stop& stop);
  Result<std::size_t> skip(const Stop& stop);
  Error ended_early() const;
  Result<void> broken(Error error, const Stop& stop);
  Result<std::size_t> finish(const Stop& stop);

  Session& session_;
  Digest digest_;
  std::uint64_t size_;
  SourceWalk walk_;

  std::unique_ptr<HttpResponse> response_;
  std::uint64_t offset_ = 0;    // of the next byte for the reader
  std::uint64_t end_ = 0;       // of what this response brings
  std::uint64_t skip_ = 0;      // bytes before `offset_` that it brings again
  std::uint64_t progress_ = 0;  // since the last break
  bool ends_by_length_ = false;
  std::optional<Error> failure_;
};

}  // namespace pivotd::oci
