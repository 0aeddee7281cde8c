// SPDX-License-Identifier: Apache-2.0
#include "client/plot/axis.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <vector>

namespace hillock::client {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(IntervalTest, SpansTheFiniteValues) {
  const std::vector<double> values = {2, kNan, -1, kInf, -kInf};
  EXPECT_EQ(IntervalOf(values).low, -1);
  EXPECT_EQ(IntervalOf(values).high, 2);
}

TEST(IntervalTest, HasASpanEvenForOneValueAndForNone) {
  for (const std::vector<double>& values :
       {std::vector<double>{}, {kNan}, {0.0}, {7.0, 7.0}, {-1e30}}) {
    const Interval interval = IntervalOf(values);
    EXPECT_GT(interval.span(), 0);
    if (!values.empty() && !std::isnan(values[0])) {
      EXPECT_DOUBLE_EQ(interval.ShareOf(values[0]), 0.5);
    }
  }
}

TEST(IntervalTest, IsWidenedAtBothEnds) {
  const Interval wide = Widened({0, 10}, 0.1);
  EXPECT_EQ(wide.low, -1);
  EXPECT_EQ(wide.high, 11);
  EXPECT_DOUBLE_EQ(wide.ShareOf(5), 0.5);
}

TEST(TicksTest, AreRoundNumbers) {
  EXPECT_THAT(Ticks({-6, 6}, 7), ElementsAre(-6, -4, -2, 0, 2, 4, 6));
  EXPECT_THAT(Ticks({-1.5, 1.5}, 7), ElementsAre(-1.5, -1, -0.5, 0, 0.5, 1, 1.5));
  EXPECT_THAT(Ticks({0, 1}, 2), ElementsAre(0, 1));
  EXPECT_THAT(Ticks({1e9, 3e9}, 3), ElementsAre(1e9, 2e9, 3e9));
  EXPECT_THAT(Ticks({0.001, 0.0042}, 5),
              Pointwise(DoubleNear(1e-12), std::vector<double>{0.001, 0.002, 0.003, 0.004}));
}

TEST(TicksTest, AreNeverMoreThanAskedForNorOutside) {
  for (const double low : {-7.3, 0.0, 1e-6, 123.4}) {
    for (const double span : {1e-6, 0.7, 13.0, 9e8}) {
      for (size_t most = 2; most < 15; ++most) {
        const std::vector<double> ticks = Ticks({low, low + span}, most);
        EXPECT_LE(ticks.size(), most) << low << " + " << span;
        for (const double tick : ticks) {
          EXPECT_GE(tick, low - 1e-6 * span);
          EXPECT_LE(tick, low + span * (1 + 1e-6));
        }
      }
    }
  }
}

TEST(TicksTest, AreWrittenShortly) {
  EXPECT_EQ(TickText(Ticks({-1, 1}, 3)[1]), "0");
  EXPECT_EQ(TickText(-0.5), "-0.5");
  EXPECT_EQ(TickText(0.1 + 0.2), "0.3");
  EXPECT_EQ(TickText(2e6), "2e+06");
}

}  // namespace
}  // namespace hillock::client
