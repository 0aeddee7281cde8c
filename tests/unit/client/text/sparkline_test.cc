// SPDX-License-Identifier: Apache-2.0
#include "client/text/sparkline.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace hillock::client {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(SparklineTest, IsAsHighAsTheValues) {
  const std::vector<double> values{0, 1, 4, 8, kNaN};
  EXPECT_EQ(Sparkline(values, Charset::kUtf8), " \u2581\u2584\u2588 ");
  EXPECT_EQ(Sparkline(values, Charset::kAscii), " _.# ");
}

TEST(SparklineTest, ShowsNothingOfNothing) {
  EXPECT_EQ(Sparkline({}, Charset::kUtf8), "");
  EXPECT_EQ(Sparkline(std::vector<double>{0, 0}, Charset::kUtf8), "  ");
}

}  // namespace
}  // namespace hillock::client
