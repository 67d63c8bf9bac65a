// ostree_kernel_args_append() of libostree 2022.7 leaks a key that is on the line already, some
// bytes for each repeated kernel argument. GLib keeps no frame pointers, so only the slow unwinder
// finds that function's name in the report.

extern "C" const char* __asan_default_options();
extern "C" const char* __lsan_default_suppressions();

const char* __asan_default_options() {
  return "fast_unwind_on_malloc=0";
}

const char* __lsan_default_suppressions() {
  return "leak:ostree_kernel_args_append\n";
}
