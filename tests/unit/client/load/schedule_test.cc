// SPDX-License-Identifier: Apache-2.0
#include "client/load/schedule.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <vector>

#include "tests/support/fake_clock.h"

namespace hillock::client {
namespace {

using ::hillock::testing::FakeClock;
using ::testing::ElementsAre;

constexpr Nanos kMillisecond = 1'000'000;
constexpr Nanos kSecond = 1000 * kMillisecond;

// Takes everything that is due until the schedule ends, at the very time when it is, and returns
// when that was.
std::vector<Nanos> TakeAll(Schedule schedule, FakeClock& clock) {
  std::vector<Nanos> taken;
  for (Nanos next = 0; (next = schedule.Next(clock.Now())) != Schedule::kNever;) {
    clock.Advance(std::max<Nanos>(next - clock.Now(), 0));
    taken.push_back(schedule.Take(clock.Now()).value());
  }
  EXPECT_EQ(schedule.late(), 0u);
  EXPECT_EQ(schedule.CountUnsent(), 0u);
  return taken;
}

class ScheduleTest : public ::testing::Test {
 protected:
  Schedule Open(double rate, Nanos duration, Arrivals arrivals = Arrivals::kConstant,
                ThreadShare share = {}, uint64_t seed = 1) {
    return Schedule::Open({rate, arrivals, seed}, share, start_, start_ + duration);
  }

  FakeClock clock_;
  const Nanos start_ = clock_.Now();
};

TEST_F(ScheduleTest, AClosedLoopIsAlwaysDueUntilItsEnd) {
  Schedule schedule = Schedule::Closed(start_ + kSecond);
  EXPECT_EQ(schedule.Take(start_), start_);
  EXPECT_EQ(schedule.Take(start_), start_);
  EXPECT_EQ(schedule.Next(start_ + kSecond - 1), start_ + kSecond - 1);
  EXPECT_EQ(schedule.Next(start_ + kSecond), Schedule::kNever);
  EXPECT_EQ(schedule.Take(start_ + kSecond), std::nullopt);
  EXPECT_EQ(schedule.CountUnsent(), 0u);
}

TEST_F(ScheduleTest, EndsSoonerWhenTold) {
  Schedule closed = Schedule::Closed(start_ + kSecond);
  closed.End(start_ + 1);
  EXPECT_EQ(closed.Next(start_ + 1), Schedule::kNever);
  Schedule open = Open(4, kSecond);
  open.End(start_ + kSecond / 2);
  EXPECT_EQ(open.CountUnsent(), 2u);
  EXPECT_EQ(open.Take(start_ + kSecond / 4), start_);
  EXPECT_EQ(open.Take(start_ + kSecond / 4), start_ + kSecond / 4);
  EXPECT_EQ(open.Next(start_ + kSecond / 4), Schedule::kNever);
  EXPECT_EQ(open.CountUnsent(), 0u);
}

TEST_F(ScheduleTest, ConstantArrivalsAreEvenlySpaced) {
  EXPECT_THAT(
      TakeAll(Open(4, kSecond), clock_),
      ElementsAre(start_, start_ + kSecond / 4, start_ + kSecond / 2, start_ + 3 * kSecond / 4));
}

TEST_F(ScheduleTest, ConstantArrivalsDoNotDrift) {
  const std::vector<Nanos> times = TakeAll(Open(30'000, 10 * kSecond), clock_);
  ASSERT_EQ(times.size(), 300'000u);
  EXPECT_EQ(times[150'000] - start_, 5 * kSecond);
}

TEST_F(ScheduleTest, ThreadsShareConstantArrivals) {
  std::vector<Nanos> shared;
  for (const size_t index : {0u, 1u, 2u}) {
    FakeClock clock;
    const auto times = TakeAll(Open(100, kSecond, Arrivals::kConstant, {index, 3}), clock);
    shared.insert(shared.end(), times.begin(), times.end());
  }
  std::ranges::sort(shared);
  EXPECT_EQ(shared, TakeAll(Open(100, kSecond), clock_));
}

TEST_F(ScheduleTest, PoissonArrivalsHaveExponentialGaps) {
  const std::vector<Nanos> times = TakeAll(Open(1000, 100 * kSecond, Arrivals::kPoisson), clock_);
  const double n = static_cast<double>(times.size());
  EXPECT_NEAR(n, 1e5, 5 * std::sqrt(1e5));
  double squares = 0;
  for (size_t i = 1; i < times.size(); ++i) {
    squares += std::pow(static_cast<double>(times[i] - times[i - 1]) / kMillisecond, 2);
  }
  EXPECT_NEAR(squares / n, 2, 0.1) << "the mean square of unit exponential gaps is 2";
}

TEST_F(ScheduleTest, PoissonArrivalsFollowTheSeedAndTheThread) {
  const auto times = [&](uint64_t seed, size_t index) {
    FakeClock clock;
    return TakeAll(Open(100, kSecond, Arrivals::kPoisson, {index, 2}, seed), clock);
  };
  EXPECT_EQ(times(7, 0), times(7, 0));
  EXPECT_EQ((std::set{times(7, 0), times(7, 1), times(8, 0), times(8, 1)}).size(), 4u);
}

TEST_F(ScheduleTest, NothingIsDueBeforeItsTime) {
  Schedule schedule = Open(10, kSecond);
  EXPECT_EQ(schedule.Take(start_), start_);
  EXPECT_EQ(schedule.Take(start_ + kSecond / 10 - 1), std::nullopt);
  EXPECT_EQ(schedule.Next(start_ + 1), start_ + kSecond / 10);
}

TEST_F(ScheduleTest, AStallLeavesIntendedTimesAloneAndCountsLateSends) {
  Schedule schedule = Open(1000, kSecond);
  EXPECT_EQ(schedule.Take(clock_.Now()), start_);
  clock_.Advance(5 * kMillisecond);
  for (Nanos i = 1; i <= 5; ++i) EXPECT_EQ(schedule.Take(clock_.Now()), start_ + i * kMillisecond);
  EXPECT_EQ(schedule.Take(clock_.Now()), std::nullopt);
  EXPECT_EQ(schedule.late(), 3u) << "those 4, 3 and 2 ms behind";
  EXPECT_EQ(schedule.most_behind(), 4 * kMillisecond);
}

TEST_F(ScheduleTest, WhatIsDueAtTheEndGetsALittleGrace) {
  Schedule schedule = Open(4, kSecond);
  EXPECT_EQ(schedule.Take(start_ + kSecond + Schedule::kLate - 1), start_);
  EXPECT_EQ(schedule.Next(start_ + kSecond + Schedule::kLate), Schedule::kNever);
  EXPECT_EQ(schedule.Take(start_ + kSecond + Schedule::kLate), std::nullopt);
  EXPECT_EQ(schedule.CountUnsent(), 3u);
}

TEST_F(ScheduleTest, ARateTooLowToSendMoreThanOnceEnds) {
  EXPECT_THAT(TakeAll(Open(0.001, kSecond), clock_), ElementsAre(start_));
}

TEST_F(ScheduleTest, ARampSendsMoreAndMore) {
  OpenLoad load{300, Arrivals::kRamp};
  load.ramp_from = 100;
  load.ramp_seconds = 1;
  const auto taken = TakeAll(Schedule::Open(load, {}, start_, start_ + 2 * kSecond), clock_);
  const auto count = [&](double from, double to) {
    return std::ranges::count_if(taken, [&](Nanos at) {
      const double seconds = static_cast<double>(at - start_) / 1e9;
      return seconds >= from && seconds < to;
    });
  };
  EXPECT_NEAR(static_cast<double>(count(0, 0.5)), 75, 1) << "from 100/s to 200/s";
  EXPECT_NEAR(static_cast<double>(count(0.5, 1)), 125, 1) << "from 200/s to 300/s";
  EXPECT_NEAR(static_cast<double>(count(1, 2)), 300, 1) << "at 300/s";
}

TEST_F(ScheduleTest, ARampMayGoDown) {
  OpenLoad load{10, Arrivals::kRamp};
  load.ramp_from = 190;
  load.ramp_seconds = 1;
  EXPECT_NEAR(static_cast<double>(
                  TakeAll(Schedule::Open(load, {}, start_, start_ + kSecond), clock_).size()),
              100, 1);
}

TEST_F(ScheduleTest, ATraceIsSentAsRecorded) {
  OpenLoad load{1, Arrivals::kTrace};
  load.trace = std::make_shared<const std::vector<double>>(std::vector<double>{0, 0.25, 0.25, 0.5});
  const auto schedule = [&](ThreadShare share) {
    return Schedule::Open(load, share, start_, start_ + kSecond);
  };
  const Nanos quarter = kSecond / 4;
  EXPECT_THAT(TakeAll(schedule({}), clock_),
              ElementsAre(start_, start_ + quarter, start_ + quarter, start_ + 2 * quarter));
  FakeClock other;
  EXPECT_THAT(TakeAll(schedule({1, 2}), other),
              ElementsAre(start_ + quarter, start_ + 2 * quarter));
}

TEST_F(ScheduleTest, EndsAfterSoManyRequests) {
  Schedule closed = Schedule::Closed(start_ + kSecond);
  closed.Limit(2);
  EXPECT_TRUE(closed.Take(start_));
  EXPECT_TRUE(closed.Take(start_));
  EXPECT_EQ(closed.Next(start_), Schedule::kNever);
  Schedule open = Open(4, kSecond);
  open.Limit(3);
  EXPECT_EQ(open.CountUnsent(), 3u);
  EXPECT_EQ(TakeAll(open, clock_).size(), 3u);
  Schedule none = Schedule::Closed(start_ + kSecond);
  none.Limit(0);
  EXPECT_EQ(none.Next(start_), Schedule::kNever);
}

}  // namespace
}  // namespace hillock::client
