// SPDX-License-Identifier: Apache-2.0

// When a reactor stays awake between two events.

#include "server/scheduling/busy_poll.h"

#include <gtest/gtest.h>

namespace hillock::scheduling {
namespace {

constexpr Nanos kLongest = 100'000;
constexpr Nanos kShort = 30'000;
constexpr Nanos kLong = 1'000'000'000;

void Repeat(BusyPoll& busy_poll, int times, Nanos wait) {
  for (int i = 0; i < times; ++i) busy_poll.Waited(wait);
}

class BusyPollTest : public ::testing::Test {
 protected:
  BusyPoll busy_poll_{kLongest};
};

TEST_F(BusyPollTest, SleepsAtFirst) { EXPECT_EQ(busy_poll_.Next(), 0); }

TEST_F(BusyPollTest, StaysAwakeOnceEventsComeCloseTogether) {
  Repeat(busy_poll_, 50, kShort);
  EXPECT_EQ(busy_poll_.Next(), kLongest);
}

TEST_F(BusyPollTest, TakesMoreThanAFewShortWaitsToBegin) {
  Repeat(busy_poll_, 10, kShort);
  EXPECT_EQ(busy_poll_.Next(), 0);
}

TEST_F(BusyPollTest, SleepsAgainAfterALongWait) {
  Repeat(busy_poll_, 50, kShort);
  busy_poll_.Waited(kLong);
  EXPECT_EQ(busy_poll_.Next(), 0);
}

TEST_F(BusyPollTest, ForgetsALongWaitHoweverLongItWas) {
  Repeat(busy_poll_, 50, kShort);
  busy_poll_.Waited(kLong);
  Repeat(busy_poll_, 10, kShort);
  EXPECT_EQ(busy_poll_.Next(), kLongest);
}

TEST_F(BusyPollTest, SleepsBetweenEventsThatComeJustTooSlowly) {
  Repeat(busy_poll_, 50, kShort);
  Repeat(busy_poll_, 50, kLongest + 1000);
  EXPECT_EQ(busy_poll_.Next(), 0);
}

TEST(BusyPoll, NeverStaysAwakeWhenItMayNot) {
  BusyPoll busy_poll(0);
  Repeat(busy_poll, 50, 0);
  EXPECT_EQ(busy_poll.Next(), 0);
}

}  // namespace
}  // namespace hillock::scheduling
