#include "pivotd/base/stop.h"

#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace pivotd {
namespace {

TEST(Stop, IsAnErrorOnceItWasAskedFor) {
  auto source = std::make_unique<std::stop_source>();
  EXPECT_TRUE(check(source->get_token()).ok());
  EXPECT_TRUE(check({}).ok());
  source->request_stop();
  EXPECT_EQ(check(source->get_token()).error().code(), Errc::kCancelled);
}

TEST(Stop, EndsAWaitAtOnce) {
  auto source = std::make_unique<std::stop_source>();
  std::jthread asker([&source] { source->request_stop(); });
  EXPECT_FALSE(wait_for(std::chrono::hours(1), source->get_token()));
  EXPECT_FALSE(wait_for(std::chrono::hours(1), source->get_token()));
  EXPECT_TRUE(wait_for(std::chrono::milliseconds(0), {}));
}

}  // namespace
}  // namespace pivotd
