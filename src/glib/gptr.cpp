#include "pivotd/glib/gptr.h"

#include "pivotd/base/text.h"

namespace pivotd::glib {

namespace {

Errc code_of(const GError& error, Errc otherwise) {
  if (error.domain != G_IO_ERROR) return otherwise;
  switch (error.code) {
    case G_IO_ERROR_CANCELLED:
      return Errc::kCancelled;
    case G_IO_ERROR_NO_SPACE:
      return Errc::kNoSpace;
    case G_IO_ERROR_PERMISSION_DENIED:
      return Errc::kDenied;
    case G_IO_ERROR_NOT_FOUND:
      return Errc::kNotFound;
    case G_IO_ERROR_BUSY:
    case G_IO_ERROR_WOULD_BLOCK:
      return Errc::kBusy;
    case G_IO_ERROR_TIMED_OUT:
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_BROKEN_PIPE:
    case G_IO_ERROR_CLOSED:
      return Errc::kTransient;
    default:
      return otherwise;
  }
}

}  // namespace

Error ErrorSlot::take(std::string doing, Errc otherwise) {
  if (error_ == nullptr) return {otherwise, std::move(doing) + ": failed without saying why"};
  auto error = Error(code_of(*error_, otherwise), printable(error_->message, 2000))
                   .context(std::move(doing));
  g_clear_error(&error_);
  return error;
}

Cancellable::Cancellable(const Stop& stop)
    : cancellable_(g_cancellable_new()), callback_(stop, Cancel{cancellable_.get()}) {}

}  // namespace pivotd::glib
