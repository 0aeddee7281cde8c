// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <set>

namespace hillock::metrics {
namespace {

constexpr uint64_t kLargest = std::numeric_limits<uint64_t>::max();

template <class Scale>
class ScaleTest : public ::testing::Test {
 protected:
  static uint64_t last_bound() { return Scale::Bound(Scale::kBounds - 1); }

  // Whether `value` falls into the one bucket whose bounds enclose it.
  static void ExpectRightBucket(uint64_t value) {
    const size_t index = Scale::Index(value);
    ASSERT_LE(index, Scale::kBounds) << value;
    if (index < Scale::kBounds) {
      EXPECT_LE(value, Scale::Bound(index)) << value;
    }
    if (index > 0) {
      EXPECT_GT(value, Scale::Bound(index - 1)) << value;
    }
  }

  // Values around every bound and half way between bounds.
  static std::set<uint64_t> InterestingValues() {
    std::set<uint64_t> values = {0, 1, 2, 3, kLargest, kLargest - 1, kLargest / 2};
    for (size_t i = 0; i < Scale::kBounds; ++i) {
      const uint64_t bound = Scale::Bound(i);
      values.insert({bound - 1, bound, bound + 1, bound + bound / 4, bound - bound / 4});
    }
    return values;
  }
};

using Scales = ::testing::Types<TimeScale, RowScale>;
TYPED_TEST_SUITE(ScaleTest, Scales);

TYPED_TEST(ScaleTest, HasAscendingBounds) {
  for (size_t i = 1; i < TypeParam::kBounds; ++i) {
    EXPECT_LT(TypeParam::Bound(i - 1), TypeParam::Bound(i)) << i;
  }
}

TYPED_TEST(ScaleTest, PutsEveryValueBetweenItsBounds) {
  for (const uint64_t value : this->InterestingValues()) this->ExpectRightBucket(value);
}

TYPED_TEST(ScaleTest, PutsEverySmallValueBetweenItsBounds) {
  for (uint64_t value = 0; value < 20'000; ++value) this->ExpectRightBucket(value);
}

TYPED_TEST(ScaleTest, IncludesABoundInItsBucket) {
  for (size_t i = 0; i < TypeParam::kBounds; ++i) {
    EXPECT_EQ(TypeParam::Index(TypeParam::Bound(i)), i);
    EXPECT_EQ(TypeParam::Index(TypeParam::Bound(i) + 1), i + 1);
  }
}

TYPED_TEST(ScaleTest, PutsWhatIsBeyondTheLastBoundIntoTheLastBucket) {
  EXPECT_EQ(TypeParam::Index(this->last_bound() + 1), TypeParam::kBounds);
  EXPECT_EQ(TypeParam::Index(kLargest), TypeParam::kBounds);
}

TEST(TimeScale, RunsFromAMicrosecondToEightSeconds) {
  EXPECT_EQ(TimeScale::Bound(0), 1000u);
  EXPECT_EQ(TimeScale::Bound(1), 1500u);
  EXPECT_EQ(TimeScale::Bound(2), 2000u);
  EXPECT_NEAR(static_cast<double>(TimeScale::Bound(TimeScale::kBounds - 1)), 8e9, 0.5e9);
}

TEST(RowScale, RunsFromOneRowTo4096) {
  EXPECT_EQ(RowScale::Bound(0), 1u);
  EXPECT_EQ(RowScale::Bound(RowScale::kBounds - 1), 4096u);
}

TEST(Counter, AddsUp) {
  Counter counter;
  EXPECT_EQ(counter.Get(), 0u);
  counter.Add(2);
  counter.Add(40);
  EXPECT_EQ(counter.Get(), 42u);
}

TEST(Histogram, CountsValuesInTheirBucketsAndSumsThem) {
  RowHistogram histogram;
  for (const uint64_t rows : {1u, 2u, 2u, 3u, 5000u}) histogram.Observe(rows);
  EXPECT_EQ(histogram.Bucket(0), 1u);
  EXPECT_EQ(histogram.Bucket(1), 2u);
  EXPECT_EQ(histogram.Bucket(2), 1u);
  EXPECT_EQ(histogram.Bucket(3), 0u);
  EXPECT_EQ(histogram.Bucket(RowScale::kBounds), 1u);
  EXPECT_EQ(histogram.Sum(), 5008u);
  EXPECT_EQ(histogram.Count(), 5u);
}

}  // namespace
}  // namespace hillock::metrics
