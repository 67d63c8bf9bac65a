#pragma once
// Kernel command lines as the kernel reads them: lib/cmdline.c next_arg(). White space separates, a
// double quote toggles quoting and stays in the token, nothing escapes, an unterminated quote runs
// to the end. Order and duplicates matter.

#include <string>
#include <string_view>
#include <vector>

#include "pivotd/base/result.h"

namespace pivotd {

// One argument: "nosmt", "console=ttyS0", "dyndbg=\"file x +p\"". Never empty, no separators
// outside quotes, no control characters (a line break in a boot loader entry would start another
// key).
class KernelArg {
 public:
  // kInvalid when `text` is not exactly one argument.
  static Result<KernelArg> parse(std::string_view text);

  const std::string& str() const { return text_; }  // as written
  std::string key() const;  // before the first '=', quotes removed, '-' kept
  // The bootloader, the initramfs and the kernel take it to find the root; pivotd neither adds nor
  // removes it.
  bool is_boot_critical() const;
  // Its meaning depends on its neighbours (hugepagesz=, hugepages=, console= ...), so it is never
  // left out because an equal one stands elsewhere.
  bool is_positional() const;
  // A quote is not closed. On a line it swallows every argument that comes after it, "ostree=" too.
  bool has_open_quote() const;

  // Equal to the kernel: "a=\"b c\"" and "\"a=b c\"" are.
  bool operator==(const KernelArg& other) const { return canonical() == other.canonical(); }

 private:
  friend class KernelArgs;
  explicit KernelArg(std::string text) : text_(std::move(text)) {}
  std::string canonical() const;

  std::string text_;
};

class KernelArgs {
 public:
  KernelArgs() = default;
  explicit KernelArgs(std::vector<KernelArg> args) : args_(std::move(args)) {}

  // A whole line: /proc/cmdline, the options of a boot loader entry, one string of
  // spec.kernelArguments. kInvalid on control characters other than the separators, which are
  // forgiven at both ends.
  static Result<KernelArgs> parse(std::string_view line);

  const std::vector<KernelArg>& args() const { return args_; }
  bool empty() const { return args_.empty(); }
  std::size_t size() const { return args_.size(); }
  std::string str() const;  // joined by single spaces
  std::vector<std::string> strings() const;

  void append(const KernelArg& arg) { args_.push_back(arg); }
  void append(const KernelArgs& others);
  bool contains(const KernelArg& arg) const;
  // Whether `others` are all here, in that order, with anything between them.
  bool contains_in_order(const KernelArgs& others) const;
  // Whether this ends with exactly `others`.
  bool ends_with(const KernelArgs& others) const;
  // Without every argument of that key ("ostree").
  KernelArgs without_key(std::string_view key) const;

  bool operator==(const KernelArgs&) const = default;

 private:
  std::vector<KernelArg> args_;
};

}  // namespace pivotd
