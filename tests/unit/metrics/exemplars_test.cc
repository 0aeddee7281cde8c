// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/exemplars.h"

#include <gtest/gtest.h>

namespace hillock::metrics {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
constexpr uint64_t kFast = 5'000;
constexpr uint64_t kSlow = 5'000'000;

class ExemplarsTest : public ::testing::Test {
 protected:
  // That of the bucket of a duration.
  const Exemplar& Of(uint64_t nanos) {
    newest_.clear();
    exemplars_.CopyNewer(newest_);
    return newest_[TimeScale::Index(nanos)];
  }

  Exemplars exemplars_;
  BucketExemplars newest_;
};

TEST_F(ExemplarsTest, KeepsOneOfEachBucket) {
  exemplars_.Offer(kFast, kSecond, "request_id", "a");
  exemplars_.Offer(kSlow, kSecond, "trace_id", "b");
  exemplars_.Offer(kSlow, 2 * kSecond, "request_id", "c");
  EXPECT_EQ(Of(kFast).id, "a");
  EXPECT_EQ(Of(kFast).label, "request_id");
  EXPECT_DOUBLE_EQ(Of(kFast).value, 5e-6);
  EXPECT_GT(Of(kFast).time, 1.7e9);
  EXPECT_EQ(Of(kSlow).id, "c");
  EXPECT_EQ(newest_.size(), 2);
}

TEST_F(ExemplarsTest, WantsOneASecondForEachBucket) {
  EXPECT_TRUE(exemplars_.Wants(kFast, kSecond));
  exemplars_.Offer(kFast, kSecond, "request_id", "a");
  EXPECT_FALSE(exemplars_.Wants(kFast, 2 * kSecond - 1));
  EXPECT_TRUE(exemplars_.Wants(kFast, 2 * kSecond));
  EXPECT_TRUE(exemplars_.Wants(kSlow, kSecond));
}

TEST_F(ExemplarsTest, LooksAgainSoonWhereThereIsNoId) {
  exemplars_.Skip(kFast, kSecond);
  EXPECT_FALSE(exemplars_.Wants(kFast, kSecond + 999'999));
  EXPECT_TRUE(exemplars_.Wants(kFast, kSecond + 1'000'000));
}

TEST_F(ExemplarsTest, TakesNoIdThatTheFormatDoesNotAllow) {
  const std::string longest(Exemplars::kMaxCharacters - std::string("request_id").size(), 'x');
  exemplars_.Offer(kFast, kSecond, "request_id", longest);
  EXPECT_EQ(Of(kFast).id, longest);
  exemplars_.Offer(kFast, 3 * kSecond, "request_id", longest + "x");
  EXPECT_EQ(Of(kFast).id, longest);
  exemplars_.Offer(kSlow, kSecond, "request_id", longest.substr(1) + "\xff");
  EXPECT_EQ(Of(kSlow).id, "") << "it is longer once it is UTF-8";
  exemplars_.Offer(kSlow, kSecond, "request_id", "\xff");
  EXPECT_EQ(Of(kSlow).id, "\\xFF");
}

TEST_F(ExemplarsTest, ReplacesNothingNewer) {
  exemplars_.Offer(kFast, kSecond, "request_id", "a");
  newest_[TimeScale::Index(kFast)] = {"request_id", "newer", 1, 9e9};
  newest_[TimeScale::Index(kSlow)] = {"request_id", "slow", 1, 9e9};
  exemplars_.CopyNewer(newest_);
  EXPECT_EQ(newest_[TimeScale::Index(kFast)].id, "newer");
  EXPECT_EQ(newest_[TimeScale::Index(kSlow)].id, "slow");
}

}  // namespace
}  // namespace hillock::metrics
