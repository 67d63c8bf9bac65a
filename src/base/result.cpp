#include "pivotd/base/result.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace pivotd {

namespace {

Errc code_of_errno(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return Errc::kNoSpace;
    case EACCES:
    case EPERM:
      return Errc::kDenied;
    case ENOENT:
    case ENOTDIR:
      return Errc::kNotFound;
    case ELOOP:
    case ENAMETOOLONG:
      return Errc::kInvalid;
    case EBUSY:
    case EWOULDBLOCK:
      return Errc::kBusy;
    default:
      return Errc::kHost;
  }
}

}  // namespace

std::string Error::message() const {
  std::string text;
  for (const auto& part : chain_) {
    if (!text.empty()) text += ": ";
    text += part;
  }
  return text;
}

Error Error::context(std::string doing) && {
  chain_.insert(chain_.begin(), std::move(doing));
  return std::move(*this);
}

Error errno_error(int number, std::string doing) {
  return Error(code_of_errno(number), std::generic_category().message(number))
      .context(std::move(doing));
}

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  (void)std::fprintf(stderr, "pivotd: bug: '%s' does not hold at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace pivotd
