// SPDX-License-Identifier: Apache-2.0
#include "client/load/timeline.h"

#include <gtest/gtest.h>

namespace hillock::client {
namespace {

constexpr Nanos kTenth = 100'000'000;

uint64_t CountAnswered(const Timeline& line) {
  uint64_t count = 0;
  for (const auto& slice : line.slices()) count += slice.answered.count();
  return count;
}

TEST(TimelineTest, PutsRequestsIntoTheirIntervals) {
  Timeline line;
  line.Record(0, 5, true);
  line.Record(kTenth - 1, 7, true);
  line.Record(2 * kTenth, 9, false);
  ASSERT_EQ(line.slices().size(), 3u);
  EXPECT_EQ(line.slices()[0].answered.count(), 2u);
  EXPECT_EQ(line.slices()[1].answered.count(), 0u);
  EXPECT_EQ(line.slices()[2].failed, 1u);
}

TEST(TimelineTest, TakesNeighboursTogetherWhenThereAreTooMany) {
  Timeline line;
  const auto most = static_cast<Nanos>(Timeline::kMaxIntervals);
  for (Nanos i = 0; i < most; ++i) line.Record(i * kTenth, i, true);
  EXPECT_EQ(line.interval(), kTenth);
  line.Record(most * kTenth, 1, true);
  EXPECT_EQ(line.interval(), 2 * kTenth);
  EXPECT_EQ(line.slices().size(), Timeline::kMaxIntervals / 2 + 1);
  EXPECT_EQ(line.slices()[3].answered.count(), 2u);
  EXPECT_EQ(CountAnswered(line), Timeline::kMaxIntervals + 1);
}

TEST(TimelineTest, HoldsADay) {
  Timeline line;
  line.Record(0, 1, true);
  line.Record(86'400 * 10 * kTenth, 1, true);
  EXPECT_LE(line.slices().size(), Timeline::kMaxIntervals);
  EXPECT_EQ(line.slices().front().answered.count(), 1u);
  EXPECT_EQ(line.slices().back().answered.count(), 1u);
}

TEST(TimelineTest, MergesThreadsWhoseIntervalsDiffer) {
  Timeline fine;
  fine.Record(kTenth, 1, true);
  Timeline coarse;
  coarse.Record(static_cast<Nanos>(Timeline::kMaxIntervals) * kTenth, 1, true);
  for (const auto& [into, from] : {std::pair(fine, coarse), std::pair(coarse, fine)}) {
    Timeline merged = into;
    merged.Merge(from);
    EXPECT_EQ(merged.interval(), 2 * kTenth);
    EXPECT_EQ(merged.slices().front().answered.count(), 1u);
    EXPECT_EQ(merged.slices().back().answered.count(), 1u);
  }
}

TEST(TimelineTest, AppendsWhatCameLater) {
  Timeline line;
  line.Record(0, 1, true);
  Timeline later;
  later.Record(kTenth, 1, false);
  line.Append(later, 3 * kTenth);
  ASSERT_EQ(line.slices().size(), 5u);
  EXPECT_EQ(line.slices()[4].failed, 1u);
}

}  // namespace
}  // namespace hillock::client
