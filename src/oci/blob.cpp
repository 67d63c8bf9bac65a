#include "oci/blob.h"

#include <algorithm>
#include <array>

#include "pivotd/base/text.h"

#include "oci/header_values.h"

namespace pivotd::oci {

namespace {
constexpr std::size_t kSkipBlock = 64 * 1024;
}

BlobStream::BlobStream(Session& session, const Digest& digest, std::uint64_t size)
    : session_(session), digest_(digest), size_(size), walk_(session.walk()) {}

Result<void> BlobStream::open(const Stop& stop) {
  TRY(walk_.check_usable());
  return connect(stop);
}

Result<void> BlobStream::connect(const Stop& stop) {
  for (;;) {
    if (session_.endpoint(walk_.current()) == nullptr)  // it was read anew in between
      return Error(Errc::kTransient, "the registries' configuration changed during the pull");
    const auto failure = try_source(stop);
    if (!failure) {
      session_.prefer(walk_.current());
      return {};
    }
    const auto progress = std::exchange(progress_, 0);
    TRY(walk_.failed(*failure, progress, stop));
  }
}

std::optional<Failure> BlobStream::try_source(const Stop& stop) {
  Endpoint::Request request{.resource = "blobs/" + digest_.str(),
                            .headers = {"Accept: application/octet-stream"}};
  const auto whole = request;
  if (offset_ > 0) request.headers.push_back(concat("Range: bytes=", offset_, "-"));
  auto& endpoint = *session_.endpoint(walk_.current());
  auto outcome = endpoint.get(request, stop);
  const auto status_of = [](const Endpoint::Outcome& any) {
    const auto* response = std::get_if<std::unique_ptr<HttpResponse>>(&any);
    return response == nullptr ? 0 : (*response)->head().status;
  };
  // A server that cannot do ranges may still send everything.
  if (offset_ > 0 && status_of(outcome) == 416) outcome = endpoint.get(whole, stop);
  if (auto* failure = std::get_if<Failure>(&outcome)) return std::move(*failure);
  auto& response = std::get<std::unique_ptr<HttpResponse>>(outcome);
  const auto problem = response->head().status == 200 ? accept_whole(response->head())
                                                      : accept_part(response->head());
  if (problem) return Failure{.error = *problem, .retry_after = {}};
  response_ = std::move(response);
  return std::nullopt;
}

std::optional<Error> BlobStream::accept_whole(const HttpHead& head) {
  const auto length = head.content_length();
  if (length && *length != size_) {
    return Error(Errc::kIntegrity, concat("blob '", digest_.str(), "' is sent with ", *length,
                                          " bytes, but ", size_, " were declared"));
  }
  skip_ = offset_;
  end_ = size_;
  ends_by_length_ = length.has_value();
  return std::nullopt;
}

std::optional<Error> BlobStream::accept_part(const HttpHead& head) {
  const auto wrong = [&](Errc code, std::string_view why) {
    return Error(code,
                 concat("blob '", digest_.str(), "', asked for from byte ", offset_, ": ", why));
  };
  if (head.status != 206) return wrong(Errc::kTransient, concat("answered ", head.status));
  const auto type = media_type_of(head.header("content-type").value_or(""));
  if (type.starts_with("multipart/")) return wrong(Errc::kTransient, "answered in several parts");
  const auto text = head.header("content-range");
  const auto range = text ? parse_content_range(*text) : std::nullopt;
  if (!range) return wrong(Errc::kTransient, "answered with a part, but not which");
  if (range->first != offset_)
    return wrong(Errc::kTransient, concat("answered from byte ", range->first));
  if (range->last >= size_ || range->total.value_or(size_) != size_)
    return wrong(Errc::kIntegrity,
                 concat("answered '", printable(*text), "', but ", size_, " bytes were declared"));
  const auto length = head.content_length();
  if (length && *length != range->last - range->first + 1)
    return wrong(Errc::kTransient,
                 concat("answered '", printable(*text), "' with ", *length, " bytes"));
  skip_ = 0;
  end_ = range->last + 1;
  ends_by_length_ = length.has_value();
  return std::nullopt;
}

Result<std::size_t> BlobStream::read(std::span<std::byte> buffer, const Stop& stop) {
  if (failure_) return *failure_;
  auto count = read_on(buffer, stop);
  if (!count.ok()) {
    failure_ = count.error();
    response_.reset();
  }
  return count;
}

Result<std::size_t> BlobStream::read_on(std::span<std::byte> buffer, const Stop& stop) {
  for (;;) {
    TRY(check(stop));
    if (offset_ == size_) return finish(stop);
    if (!response_) TRY(connect(stop));
    auto count = skip_ > 0 ? skip(stop) : take(buffer, stop);
    if (count.ok() && *count > 0) return count;
    // Skipping is not for the reader: it says 0 while it goes well.
    if (count.ok() && response_) continue;
    const auto error = count.ok() ? ended_early() : count.error();
    TRY(broken(error, stop));
  }
}

// Some bytes for the reader; none, and no response any more, when the server had no more of them.
Result<std::size_t> BlobStream::take(std::span<std::byte> buffer, const Stop& stop) {
  const auto left = end_ - offset_;
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left));
  const auto count = room == 0 ? std::size_t{0} : TRY(response_->read(buffer.first(room), stop));
  if (count == 0) response_.reset();
  offset_ += count;
  progress_ += count;
  return count;
}

Result<std::size_t> BlobStream::skip(const Stop& stop) {
  std::vector<std::byte> block(
      static_cast<std::size_t>(std::min<std::uint64_t>(kSkipBlock, skip_)));
  const auto count = TRY(response_->read(block, stop));
  if (count == 0) response_.reset();
  skip_ -= count;
  return std::size_t{0};
}

Error BlobStream::ended_early() const {
  return {Errc::kTransient, concat("blob '", digest_.str(), "': the connection ended at byte ",
                                   offset_, " of ", size_)};
}

Result<void> BlobStream::broken(Error error, const Stop& stop) {
  response_.reset();
  if (error.code() != Errc::kTransient) return error;
  return walk_.failed({.error = std::move(error), .retry_after = {}}, std::exchange(progress_, 0),
                      stop);
}

// All bytes are there. A body that goes on is a lie about its size; whether its connection ends
// well does not matter any more.
Result<std::size_t> BlobStream::finish(const Stop& stop) {
  if (response_ && !ends_by_length_ && end_ == size_) {
    std::array<std::byte, 1> more{};
    const auto count = response_->read(more, stop);
    TRY(check(stop));
    if (count.ok() && *count > 0) {
      return Error(Errc::kIntegrity, concat("blob '", digest_.str(), "' is longer than the ", size_,
                                            " bytes that were declared"));
    }
  }
  response_.reset();
  return std::size_t{0};
}

}  // namespace pivotd::oci
