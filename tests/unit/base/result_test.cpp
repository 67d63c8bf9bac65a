#include "pivotd/base/result.h"

#include <cerrno>
#include <memory>

#include <gtest/gtest.h>

namespace pivotd {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error(Errc::kInvalid, "odd");
  return number / 2;
}

Result<void> check_even(int number) {
  TRY(half(number).context("halving"));
  return {};
}

Result<int> quarter(int number) {
  return TRY(half(TRY(half(number))));  // one inside another
}

Result<std::unique_ptr<int>> boxed(int number) {
  return std::make_unique<int>(TRY(half(number)));
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_TRUE(half(4).ok());
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(half(3).error(), Error(Errc::kInvalid, "odd"));
  EXPECT_FALSE(quarter(6).ok());
  EXPECT_EQ(**boxed(4), 2);
  EXPECT_TRUE(check_even(2).ok());
  EXPECT_EQ(check_even(1).error().message(), "halving: odd");
}

TEST(Result, PutsContextsInFrontOfErrorsOnly) {
  auto failed = half(3).context("halving '3'").context("doing arithmetic");
  EXPECT_EQ(failed.error().message(), "doing arithmetic: halving '3': odd");
  EXPECT_EQ(failed.error().chain(),
            (std::vector<std::string>{"doing arithmetic", "halving '3'", "odd"}));
  EXPECT_EQ(failed.error().code(), Errc::kInvalid);
  EXPECT_EQ(half(4).context("halving").value(), 2);
  EXPECT_TRUE(Result<void>().context("nothing").ok());
}

TEST(Error, IsChosenByErrnoForWhatToDoNext) {
  const std::vector<std::pair<int, Errc>> table{
      {ENOSPC, Errc::kNoSpace}, {EDQUOT, Errc::kNoSpace},  {EACCES, Errc::kDenied},
      {EPERM, Errc::kDenied},   {ENOENT, Errc::kNotFound}, {ENOTDIR, Errc::kNotFound},
      {EBUSY, Errc::kBusy},     {EIO, Errc::kHost},        {EROFS, Errc::kHost}};
  for (const auto& [number, code] : table)
    EXPECT_EQ(errno_error(number, "writing '/x'").code(), code) << number;
  EXPECT_EQ(errno_error(ENOSPC, "writing '/x'").message(), "writing '/x': No space left on device");
}

TEST(ResultDeathTest, AssertionsAbortInEveryBuild) {
  EXPECT_DEATH(PIVOTD_ASSERT(1 + 1 == 3), "pivotd: bug: '1 \\+ 1 == 3' does not hold");
}

}  // namespace
}  // namespace pivotd
