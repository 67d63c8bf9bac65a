#include "pivotd/model/kernel_args.h"

#include <algorithm>
#include <array>

#include "pivotd/base/text.h"

namespace pivotd {

namespace {

// What the boot loader, the initramfs and the kernel need to find and mount the root, or what
// another field of the MachineConfig owns (fips). "--" hands everything after it to init.
constexpr std::array<std::string_view, 14> kBootCritical{"ostree",
                                                         "root",
                                                         "rootflags",
                                                         "rootfstype",
                                                         "boot",
                                                         "rw",
                                                         "ro",
                                                         "init",
                                                         "initrd",
                                                         "BOOT_IMAGE",
                                                         "ignition.platform.id",
                                                         "ignition.firstboot",
                                                         "fips",
                                                         "--"};

// hugepages= belongs to the hugepagesz= before it, and the last console= is /dev/console; the early
// consoles come up in the order they are named.
constexpr std::array<std::string_view, 6> kPositional{
    "hugepagesz", "hugepages", "default_hugepagesz", "console", "earlycon", "earlyprintk"};

// The kernel's isspace() for ASCII.
bool is_separator(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// How long the first argument of `text` is; `text` does not start with a separator.
std::size_t first_length(std::string_view text) {
  bool in_quote = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!in_quote && is_separator(text[i])) return i;
    if (text[i] == '"') in_quote = !in_quote;
  }
  return text.size();
}

// Where an argument's value starts its '=': next_arg() does not take one in first place.
std::size_t equals_sign(std::string_view text) {
  return text.find('=', 1);
}

}  // namespace

Result<KernelArg> KernelArg::parse(std::string_view text) {
  if (text.empty()) return Error(Errc::kInvalid, "a kernel argument is empty");
  if (std::any_of(text.begin(), text.end(), is_control))
    return Error(Errc::kInvalid,
                 concat("kernel argument '", printable(text), "' has a control character"));
  if (text.front() == ' ' || first_length(text) != text.size())
    return Error(Errc::kInvalid, concat("'", printable(text),
                                        "' is not one kernel argument: a blank separates unless it "
                                        "is in double quotes"));
  return KernelArg(std::string(text));
}

std::string KernelArg::key() const {
  std::string key = text_.substr(0, equals_sign(text_));
  key.erase(std::remove(key.begin(), key.end(), '"'), key.end());
  return key;
}

bool KernelArg::is_boot_critical() const {
  const auto name = key();
  return name.starts_with("ostree.") ||
         std::find(kBootCritical.begin(), kBootCritical.end(), name) != kBootCritical.end();
}

bool KernelArg::is_positional() const {
  return std::find(kPositional.begin(), kPositional.end(), key()) != kPositional.end();
}

bool KernelArg::has_open_quote() const {
  return std::count(text_.begin(), text_.end(), '"') % 2 != 0;
}

// What next_arg() makes of it: a quote in front of the argument or of its value goes, together with
// one at the very end; quotes elsewhere are part of the name or the value.
std::string KernelArg::canonical() const {
  std::string_view rest = text_;
  const bool quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  const auto equals = equals_sign(rest);
  if (equals == std::string_view::npos) {
    if (quoted && rest.ends_with('"')) rest.remove_suffix(1);
    return std::string(rest);
  }
  auto value = rest.substr(equals + 1);
  const bool quoted_value = value.starts_with('"');
  if (quoted_value) value.remove_prefix(1);
  if ((quoted || quoted_value) && value.ends_with('"')) value.remove_suffix(1);
  return concat(rest.substr(0, equals + 1), value);
}

Result<KernelArgs> KernelArgs::parse(std::string_view line) {
  std::vector<KernelArg> args;
  for (;;) {
    const auto start = std::find_if_not(line.begin(), line.end(), is_separator);
    line.remove_prefix(static_cast<std::size_t>(start - line.begin()));
    if (line.empty()) return KernelArgs(std::move(args));
    const auto length = first_length(line);
    args.push_back(TRY(KernelArg::parse(line.substr(0, length))));
    line.remove_prefix(length);
  }
}

std::string KernelArgs::str() const {
  return join(strings(), " ");
}

std::vector<std::string> KernelArgs::strings() const {
  std::vector<std::string> strings;
  strings.reserve(args_.size());
  for (const auto& arg : args_) strings.push_back(arg.str());
  return strings;
}

void KernelArgs::append(const KernelArgs& others) {
  // By index and a fixed count: `others` may be this very object.
  const auto count = others.args_.size();
  args_.reserve(args_.size() + count);
  for (std::size_t i = 0; i < count; ++i) args_.push_back(others.args_[i]);
}

bool KernelArgs::contains(const KernelArg& arg) const {
  return std::find(args_.begin(), args_.end(), arg) != args_.end();
}

bool KernelArgs::contains_in_order(const KernelArgs& others) const {
  auto wanted = others.args_.begin();
  for (const auto& arg : args_) {
    if (wanted == others.args_.end()) break;
    if (arg == *wanted) ++wanted;
  }
  return wanted == others.args_.end();
}

bool KernelArgs::ends_with(const KernelArgs& others) const {
  return others.size() <= size() &&
         std::equal(others.args_.rbegin(), others.args_.rend(), args_.rbegin());
}

KernelArgs KernelArgs::without_key(std::string_view key) const {
  KernelArgs kept;
  for (const auto& arg : args_)
    if (arg.key() != key) kept.append(arg);
  return kept;
}

}  // namespace pivotd
