#pragma once
// A loaded sysroot's deployments as our values.

#include "pivotd/model/deployment.h"

#include "ostree/sysroot_open.h"

namespace pivotd::ostree {

// In boot order. A deployment is listed even when its origin, its commit or its arguments cannot be
// read; only of the one that new deployments are based on the kernel arguments must be right: a
// command line derived from half of them would not boot.
Result<Deployments> list_deployments(OstreeSysroot* sysroot);

}  // namespace pivotd::ostree
