#include "pivotd/base/fd.h"

#include <unistd.h>

namespace pivotd {

Fd::~Fd() {
  if (number_ >= 0) (void)::close(number_);  // nothing a caller could do about a failure here
}

}  // namespace pivotd
