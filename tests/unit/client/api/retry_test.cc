// SPDX-License-Identifier: Apache-2.0
#include "client/api/retry.h"

#include <gtest/gtest.h>

#include <vector>

namespace hillock::client {
namespace {

using std::chrono::milliseconds;

class FakeClock final : public Clock {
 public:
  Nanos Now() const override { return now_; }
  void Advance(milliseconds time) { now_ += std::chrono::nanoseconds(time).count(); }

 private:
  Nanos now_ = 1'000'000'000;
};

// A server that gives `before` until it has been asked `serves_at` times, and is OK from then on.
class RetryTest : public testing::Test {
 protected:
  absl::Status Run(milliseconds wait, size_t serves_at,
                   const absl::Status& before = absl::UnavailableError("not yet")) {
    RetryPlan plan;
    plan.wait = wait;
    plan.clock = &clock_;
    plan.sleep = [this](milliseconds pause) {
      pauses_.push_back(pause);
      clock_.Advance(pause);
    };
    return RetryUntilOk(plan, [&](milliseconds time) {
      times_.push_back(time);
      return times_.size() >= serves_at ? absl::OkStatus() : before;
    });
  }

  FakeClock clock_;
  std::vector<milliseconds> times_;
  std::vector<milliseconds> pauses_;
};

TEST_F(RetryTest, AsksOnceWithoutAWait) {
  EXPECT_FALSE(Run(milliseconds(0), 2).ok());
  EXPECT_EQ(times_, std::vector{milliseconds(10'000)});
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(RetryTest, StopsAtTheFirstGoodAnswer) {
  EXPECT_TRUE(Run(milliseconds(1000), 3).ok());
  EXPECT_EQ(times_.size(), 3u);
}

TEST_F(RetryTest, GivesUpWhenTheTimeIsOver) {
  EXPECT_EQ(Run(milliseconds(250), 99).message(), "not yet");
  EXPECT_EQ(pauses_, (std::vector{milliseconds(100), milliseconds(100), milliseconds(50)}));
  EXPECT_EQ(times_.front(), milliseconds(250));
  EXPECT_EQ(times_.back(), milliseconds(50));
}

TEST_F(RetryTest, WaitsForAServiceThatIsNotKnownYet) {
  EXPECT_TRUE(Run(milliseconds(1000), 2, absl::NotFoundError("no such model")).ok());
}

TEST_F(RetryTest, DoesNotWaitForWhatCannotCome) {
  EXPECT_FALSE(Run(milliseconds(1000), 2, absl::UnimplementedError("no health service")).ok());
  EXPECT_EQ(times_.size(), 1u);
}

}  // namespace
}  // namespace hillock::client
