// SPDX-License-Identifier: Apache-2.0
#include "client/load/tally.h"

#include <gtest/gtest.h>

namespace hillock::client {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;

LoadTally Some() {
  LoadTally tally;
  tally.Record(kOk, 1000, true, "");
  tally.Record(kOk, 3000, false, "");
  tally.Record(kExhausted, 10, true, "queue full");
  tally.Record(kExhausted, 20, true, "another reason");
  tally.RecordSchedule(1, 2, 300);
  return tally;
}

TEST(LoadTallyTest, KeepsCodesApart) {
  const LoadTally tally = Some();
  EXPECT_EQ(tally.count(), 4u);
  EXPECT_EQ(tally.count(kOk), 2u);
  EXPECT_EQ(tally.count(kExhausted), 2u);
  EXPECT_EQ(tally.count(absl::StatusCode::kInternal), 0u);
  EXPECT_EQ(tally.outcomes().at(kOk).in_time, 1u);
  EXPECT_DOUBLE_EQ(tally.outcomes().at(kOk).latencies.MaxSeconds(), 3e-6);
  EXPECT_DOUBLE_EQ(tally.outcomes().at(kExhausted).latencies.MaxSeconds(), 2e-8);
}

TEST(LoadTallyTest, KeepsTheFirstMessageOfACode) {
  EXPECT_EQ(Some().outcomes().at(kExhausted).message, "queue full");
}

TEST(LoadTallyTest, Merges) {
  LoadTally tally = Some();
  LoadTally other = Some();
  other.Record(absl::StatusCode::kNotFound, 5, true, "no model");
  other.RecordSchedule(10, 20, 200);
  tally.RecordRetry();
  other.RecordRetry();
  tally.RecordElapsed(70);
  other.RecordElapsed(80);
  tally.Merge(other);
  EXPECT_EQ(tally.count(), 9u);
  EXPECT_EQ(tally.outcomes().at(kOk).in_time, 2u);
  EXPECT_EQ(tally.outcomes().at(absl::StatusCode::kNotFound).message, "no model");
  EXPECT_EQ(tally.late(), 12u);
  EXPECT_EQ(tally.unsent(), 24u);
  EXPECT_EQ(tally.most_behind(), 300);
  EXPECT_EQ(tally.retries(), 2u);
  EXPECT_EQ(tally.elapsed(), 80);
}

}  // namespace
}  // namespace hillock::client
