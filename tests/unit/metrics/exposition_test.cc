// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace hillock::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Family kAges{"ages", Kind::kHistogram, "How old"};
constexpr Family kVisits{"visits_total", Kind::kCounter, "How many came"};
constexpr Family kPeople{"people", Kind::kGauge, "How many are there"};

// The one sample that an exposition makes of a histogram that has observed these values.
template <class Histogram>
prometheus::ClientMetric::Histogram Exported(const std::vector<uint64_t>& values) {
  Histogram histogram;
  for (const uint64_t value : values) histogram.Observe(value);
  Exposition exposition;
  exposition.Distribution(kAges, {}, histogram);
  const auto families = exposition.Take();
  EXPECT_EQ(families[0].type, prometheus::MetricType::Histogram);
  return families[0].metric[0].histogram;
}

TEST(Exposition, ExportsAHistogramThatIsCumulativeAndEndsWithAllValues) {
  const auto out = Exported<RowHistogram>({1, 3, 5000, 2, 3});
  ASSERT_THAT(out.bucket, SizeIs(RowScale::kBounds + 1));
  EXPECT_EQ(out.sample_count, 5u);
  EXPECT_EQ(out.sample_sum, 5009);
  EXPECT_EQ(out.bucket[0].cumulative_count, 1u);
  EXPECT_EQ(out.bucket[1].cumulative_count, 2u);
  EXPECT_EQ(out.bucket[2].cumulative_count, 4u);
  EXPECT_EQ(out.bucket[RowScale::kBounds - 1].cumulative_count, 4u);
  EXPECT_EQ(out.bucket.back().cumulative_count, out.sample_count);
  EXPECT_TRUE(std::isinf(out.bucket.back().upper_bound));
  for (size_t i = 1; i < out.bucket.size(); ++i) {
    EXPECT_GE(out.bucket[i].cumulative_count, out.bucket[i - 1].cumulative_count);
    EXPECT_GT(out.bucket[i].upper_bound, out.bucket[i - 1].upper_bound);
  }
}

TEST(Exposition, ExportsTimesInSeconds) {
  const auto out = Exported<TimeHistogram>({2'000'000});
  EXPECT_DOUBLE_EQ(out.sample_sum, 0.002);
  EXPECT_DOUBLE_EQ(out.bucket[0].upper_bound, 1e-6);
  EXPECT_DOUBLE_EQ(out.bucket[1].upper_bound, 1.5e-6);
}

TEST(Exposition, GathersSamplesByFamilyInOrderOfAppearance) {
  Exposition exposition;
  exposition.Number(kVisits, {{"door", "front"}}, 3);
  exposition.Number(kPeople, {}, 2);
  exposition.Number(kVisits, {{"door", "back"}}, 1);
  const auto families = exposition.Take();
  ASSERT_THAT(families, SizeIs(2));
  EXPECT_EQ(families[0].name, "visits_total");
  EXPECT_EQ(families[0].help, "How many came");
  EXPECT_EQ(families[0].type, prometheus::MetricType::Counter);
  ASSERT_THAT(families[0].metric, SizeIs(2));
  EXPECT_EQ(families[0].metric[1].label[0].name, "door");
  EXPECT_EQ(families[0].metric[1].label[0].value, "back");
  EXPECT_EQ(families[0].metric[1].counter.value, 1);
  EXPECT_EQ(families[1].type, prometheus::MetricType::Gauge);
  EXPECT_EQ(families[1].metric[0].gauge.value, 2);
}

TEST(Exposition, LeavesOutHistogramsThatHaveSeenNothing) {
  Exposition exposition;
  exposition.Distribution(kAges, {}, RowHistogram());
  EXPECT_THAT(exposition.Take(), IsEmpty());
}

TEST(Exposition, HasLabelsOfUtf8Alone) {
  Exposition exposition;
  exposition.Number(kPeople, {{"house", "f\xff"}}, 1);
  EXPECT_EQ(exposition.Take()[0].metric[0].label[0].value, "f\\xFF");
}

TEST(CellExposer, PutsItsLabelsFirst) {
  Exposition exposition;
  Counter counter;
  counter.Add(3);
  CellExposer(exposition, {{"house", "green"}})(kVisits, {{"door", "front"}}, counter);
  const auto families = exposition.Take();
  const auto& sample = families[0].metric[0];
  ASSERT_THAT(sample.label, SizeIs(2));
  EXPECT_EQ(sample.label[0].name, "house");
  EXPECT_EQ(sample.label[1].value, "front");
  EXPECT_EQ(sample.counter.value, 3);
}

TEST(CellExposer, ShowsGaugesOfZeroAndNoOtherCellsWithoutContent) {
  Exposition exposition;
  const CellExposer expose(exposition, {});
  expose(kVisits, {}, Counter());
  expose(kAges, {}, RowHistogram());
  expose(kPeople, {}, Gauge());
  const auto families = exposition.Take();
  ASSERT_THAT(families, SizeIs(1));
  EXPECT_EQ(families[0].name, "people");
  EXPECT_EQ(families[0].metric[0].gauge.value, 0);
}

TEST(ExposeProcess, TellsWhatEveryPrometheusClientTells) {
  Exposition exposition;
  ExposeProcess(exposition);
  const auto families = exposition.Take();
  std::vector<std::string> names;
  for (const auto& family : families) names.push_back(family.name);
  EXPECT_THAT(names,
              ElementsAre("process_cpu_seconds_total", "process_resident_memory_bytes",
                          "process_open_fds", "process_max_fds", "process_start_time_seconds"));
  EXPECT_GT(families[1].metric[0].gauge.value, 1e6) << "resident bytes";
  EXPECT_GE(families[2].metric[0].gauge.value, 3) << "open file descriptors";
  EXPECT_GT(families[3].metric[0].gauge.value, families[2].metric[0].gauge.value);
  EXPECT_GT(families[4].metric[0].gauge.value, 1.7e9) << "after 2023";
}

}  // namespace
}  // namespace hillock::metrics
