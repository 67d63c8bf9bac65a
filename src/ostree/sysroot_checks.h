#pragma once
// What is looked at before a deployment is made, because libostree would make it all the same and
// the host would not boot.

#include <string>

#include "pivotd/model/kernel_args.h"

#include "ostree/sysroot_open.h"

namespace pivotd::ostree {

// kUnsupported when the arguments would not reach the kernel through a boot loader entry as they
// are, or would take "ostree=" from it.
Result<void> check_kernel_args(const KernelArgs& args);

// kInvalid when the commit has no kernel where libostree looks for one, or no /usr.
Result<void> check_bootable(OstreeSysroot* sysroot, const std::string& commit, const Stop& stop);

}  // namespace pivotd::ostree
