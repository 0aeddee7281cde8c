// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/histogram.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hillock::client {
namespace {

TEST(HistogramTest, InterpolatesWithinABucket) {
  const Histogram histogram{{{1, 10}, {2, 30}, {4, 40}, {INFINITY, 40}}, 60, 40};
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.5), 1.5);
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.25), 1);
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.125), 0.5);
  EXPECT_DOUBLE_EQ(histogram.Quantile(1), 4);
  EXPECT_DOUBLE_EQ(histogram.Mean(), 1.5);
}

TEST(HistogramTest, TheEndlessBucketGivesItsLowerBound) {
  const Histogram histogram{{{1, 1}, {INFINITY, 100}}, 0, 100};
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.99), 1);
}

TEST(HistogramTest, NothingObservedIsNan) {
  EXPECT_TRUE(std::isnan(Histogram().Quantile(0.5)));
  EXPECT_TRUE(std::isnan(Histogram().Mean()));
  const Histogram zeros{{{1, 0}, {INFINITY, 0}}, 0, 0};
  EXPECT_TRUE(std::isnan(zeros.Quantile(0.99)));
}

TEST(HistogramTest, SkipsEmptyBucketsAndBounds) {
  const Histogram histogram{{{1, 0}, {2, 0}, {4, 10}, {INFINITY, 10}}, 0, 10};
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.5), 3);
  EXPECT_DOUBLE_EQ(histogram.Quantile(0), 2);
}

}  // namespace
}  // namespace hillock::client
