#pragma once
// The owner of a file descriptor.

#include <utility>

namespace pivotd {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}  // takes ownership; -1 is none
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    Fd old(std::exchange(number_, std::exchange(other.number_, -1)));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();

  explicit operator bool() const { return number_ >= 0; }
  int get() const { return number_; }  // borrowed

 private:
  int number_ = -1;
};

}  // namespace pivotd
