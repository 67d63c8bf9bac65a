#include "pivotd/cli/programs.h"

int main(int argc, char** argv) {
  return pivotd::cli::run_pivotctl(argc, argv);
}
