// SPDX-License-Identifier: Apache-2.0
#include "client/load/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace hillock::client {
namespace {

constexpr double kQuantiles[] = {0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};
constexpr double kTolerance = 0.004;

// Durations of every magnitude from nanoseconds to hours.
std::vector<Nanos> Durations(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> exponent(0, 13);
  std::vector<Nanos> durations(count);
  std::ranges::generate(durations, [&] { return std::llround(std::pow(10, exponent(random))); });
  return durations;
}

LatencyHistogram HistogramOf(const std::vector<Nanos>& durations) {
  LatencyHistogram histogram;
  for (const Nanos duration : durations) histogram.Record(duration);
  return histogram;
}

double NearestRank(std::vector<Nanos> durations, double q) {
  std::ranges::sort(durations);
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(durations.size())));
  return static_cast<double>(durations[std::max<size_t>(rank, 1) - 1]) / 1e9;
}

TEST(LatencyHistogramTest, AgreesWithASortedVector) {
  for (const size_t count : {1u, 2u, 10u, 1000u, 100'000u}) {
    const std::vector<Nanos> durations = Durations(count, count);
    const LatencyHistogram histogram = HistogramOf(durations);
    for (const double q : kQuantiles) {
      const double want = NearestRank(durations, q);
      EXPECT_NEAR(histogram.QuantileSeconds(q), want, kTolerance * want) << count << " at " << q;
    }
  }
}

TEST(LatencyHistogramTest, IsWithinToleranceAroundEveryPowerOfTwo) {
  for (int bit = 0; bit < 62; ++bit) {
    for (const Nanos offset : {-1, 0, 1}) {
      const Nanos value = (Nanos{1} << bit) + offset;
      const LatencyHistogram histogram = HistogramOf({value, INT64_MAX});
      const double want = static_cast<double>(value) / 1e9;
      EXPECT_NEAR(histogram.QuantileSeconds(0.5), want, kTolerance * want) << value;
    }
  }
}

TEST(LatencyHistogramTest, IsExactForShortOnesAndForTheLargest) {
  for (Nanos value = 0; value < 256; ++value) {
    const double want = static_cast<double>(value) / 1e9;
    EXPECT_DOUBLE_EQ(HistogramOf({value, INT64_MAX}).QuantileSeconds(0.5), want);
  }
  const LatencyHistogram histogram = HistogramOf({1, 123'456'789});
  EXPECT_DOUBLE_EQ(histogram.MaxSeconds(), 0.123456789);
  EXPECT_DOUBLE_EQ(histogram.QuantileSeconds(1), 0.123456789);
  EXPECT_DOUBLE_EQ(histogram.MeanSeconds(), 0.061728395);
}

TEST(LatencyHistogramTest, TakesWhatItWillNeverSee) {
  const LatencyHistogram histogram = HistogramOf({-5, INT64_MAX});
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.QuantileSeconds(0.5), 0);
  EXPECT_DOUBLE_EQ(histogram.MaxSeconds(), 9223372036.854775807);
}

TEST(LatencyHistogramTest, MergesAsIfItHadRecordedAll) {
  std::vector<Nanos> all = Durations(1000, 1);
  const std::vector<Nanos> more = Durations(77, 2);
  LatencyHistogram merged = HistogramOf(all);
  merged.Merge(HistogramOf(more));
  merged.Merge(LatencyHistogram());
  all.insert(all.end(), more.begin(), more.end());
  const LatencyHistogram whole = HistogramOf(all);
  EXPECT_EQ(merged.count(), whole.count());
  EXPECT_EQ(merged.MeanSeconds(), whole.MeanSeconds());
  for (const double q : kQuantiles) {
    EXPECT_EQ(merged.QuantileSeconds(q), whole.QuantileSeconds(q));
  }
}

TEST(LatencyHistogramTest, NothingRecordedIsNan) {
  EXPECT_TRUE(std::isnan(LatencyHistogram().QuantileSeconds(0.5)));
  EXPECT_TRUE(std::isnan(LatencyHistogram().MaxSeconds()));
  EXPECT_TRUE(std::isnan(LatencyHistogram().MeanSeconds()));
}

TEST(LatencyHistogramTest, BarsCoverWhatWasRecorded) {
  for (const int part_bits : {4, 7}) {
    LatencyHistogram histogram(part_bits);
    for (const Nanos duration : Durations(10'000, 5)) histogram.Record(duration);
    uint64_t count = 0;
    double end = -1;
    for (const auto& bar : histogram.Bars()) {
      EXPECT_GT(bar.low_seconds, end);
      EXPECT_GE(bar.high_seconds, bar.low_seconds);
      end = bar.high_seconds;
      count += bar.count;
    }
    EXPECT_EQ(count, histogram.count());
    EXPECT_GE(end, histogram.MaxSeconds());
  }
}

TEST(LatencyHistogramTest, BarsAreAnEighthOfAPowerOfTwo) {
  LatencyHistogram histogram;
  histogram.Record(1024);
  histogram.Record(1151);
  histogram.Record(1152);
  ASSERT_EQ(histogram.Bars().size(), 2u);
  EXPECT_EQ(histogram.Bars()[0].low_seconds, 1024e-9);
  EXPECT_EQ(histogram.Bars()[0].high_seconds, 1151e-9);
  EXPECT_EQ(histogram.Bars()[0].count, 2u);
}

}  // namespace
}  // namespace hillock::client
