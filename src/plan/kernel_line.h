#pragma once
// The kernel command line: takes what pivotd added before off the line the host has, and puts what
// the target asks for behind what is left. What the base image and the administrator put there
// stays where it is.

#include <string>
#include <vector>

#include "pivotd/model/plan.h"

namespace pivotd {

struct KernelLine {
  KernelArgsPlan args;
  std::vector<Reason> reasons;
  // What makes the line one that no host should be booted with; empty when it can be.
  std::vector<std::string> problems;
};

KernelLine plan_kernel_line(const KernelArgs& current, const KernelArgs& wanted,
                            const Ledger& ledger);

// The kernel arguments of the target that pivotd must not add, by name.
std::vector<std::string> boot_critical(const KernelArgs& args);

}  // namespace pivotd
