#pragma once
// The two programs. Each takes main()'s arguments and returns the exit code; pivotctl has no logic
// of its own.

namespace pivotd::cli {

int run_pivotd(int argc, char** argv);
int run_pivotctl(int argc, char** argv);

}  // namespace pivotd::cli
