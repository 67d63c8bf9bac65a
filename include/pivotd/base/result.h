#pragma once
// The one error type. A function that can fail returns Result<T>; an Error says what the caller
// should do next (Errc) and what we were doing when it happened (a chain of contexts, outermost
// first). Exceptions are not an API here.

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pivotd {

// Chosen by what the caller does next, not by what went wrong. A new code needs an ADR.
enum class Errc {
  kInvalid,      // the input is wrong: wait for a new target or a corrected setting
  kUnsupported,  // this host cannot do it in place: wait for a new target
  kDenied,       // credentials or policy refuse: wait for a person
  kIntegrity,    // bytes are not what they claim to be: never retried silently
  kNotFound,     // what was named does not exist: wait for a person
  kTransient,    // network, remote, timeout: retry with back-off
  kBusy,         // someone else is at it: retry
  kNoSpace,      // the disk is full: retry slowly, time or a person heals it
  kHost,         // the host's I/O failed: retry slowly
  kCancelled,    // we were asked to stop
  kInternal,     // a bug of ours
};

class [[nodiscard]] Error {
 public:
  Error(Errc code, std::string what) : code_(code) { chain_.push_back(std::move(what)); }

  Errc code() const { return code_; }
  // "importing the image: layer 'sha256:ab..': connection reset", outermost context first.
  std::string message() const;
  // Outermost first; the last one is the cause. Never empty.
  const std::vector<std::string>& chain() const { return chain_; }

  // Puts what the caller was doing in front.
  Error context(std::string doing) &&;

  bool operator==(const Error&) const = default;

 private:
  Errc code_;
  std::vector<std::string> chain_;
};

// `errno` translated: ENOSPC and EDQUOT to kNoSpace, EACCES to kDenied, ENOENT to kNotFound, the
// rest to kHost.
Error errno_error(int number, std::string doing);

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Undefined on an error (asserted).
  T& value() & { return std::get<0>(content_); }
  const T& value() const& { return std::get<0>(content_); }
  T&& value() && { return std::get<0>(std::move(content_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

  // Undefined on a value (asserted).
  const Error& error() const& { return std::get<1>(content_); }
  Error&& error() && { return std::get<1>(std::move(content_)); }

  Result context(std::string doing) && {
    if (ok()) return std::move(*this);
    return std::get<1>(std::move(content_)).context(std::move(doing));
  }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const {}
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

  Result context(std::string doing) && {
    if (ok()) return {};
    return (*std::move(error_)).context(std::move(doing));
  }

 private:
  std::optional<Error> error_;
};

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace pivotd

// Yields the value, or returns the error to the caller: `const auto x = TRY(f());`
#define TRY(...) PIVOTD_TRY_AS(PIVOTD_TRY_NAME(__COUNTER__), __VA_ARGS__)
// A name of its own for each, so that one may stand inside another.
#define PIVOTD_TRY_NAME(number) PIVOTD_TRY_JOIN(pivotd_result_, number)
#define PIVOTD_TRY_JOIN(left, right) left##right
#define PIVOTD_TRY_AS(result, ...)                      \
  __extension__({                                       \
    auto result = (__VA_ARGS__);                        \
    if (!result.ok()) return std::move(result).error(); \
    std::move(result).value();                          \
  })

// For bugs of ours only, never for input, the network or the disk. Aborts in release too: systemd
// starts us again and the journal resumes the work.
#define PIVOTD_ASSERT(condition)          \
  (static_cast<bool>(condition) ? void(0) \
                                : ::pivotd::assertion_failed(#condition, __FILE__, __LINE__))
