// When a reactor stays awake between two events.

#include "server/serving/linger.h"

#include <gtest/gtest.h>

namespace hillock::serving {
namespace {

constexpr Nanos kLongest = 100'000;
constexpr Nanos kShort = 30'000;
constexpr Nanos kLong = 1'000'000'000;

void Repeat(Linger& linger, int times, Nanos wait) {
  for (int i = 0; i < times; ++i) linger.Waited(wait);
}

class LingerTest : public ::testing::Test {
 protected:
  Linger linger_{kLongest};
};

TEST_F(LingerTest, SleepsAtFirst) { EXPECT_EQ(linger_.Next(), 0); }

TEST_F(LingerTest, StaysAwakeOnceEventsComeCloseTogether) {
  Repeat(linger_, 50, kShort);
  EXPECT_EQ(linger_.Next(), kLongest);
}

TEST_F(LingerTest, TakesMoreThanAFewShortWaitsToBegin) {
  Repeat(linger_, 10, kShort);
  EXPECT_EQ(linger_.Next(), 0);
}

TEST_F(LingerTest, SleepsAgainAfterALongWait) {
  Repeat(linger_, 50, kShort);
  linger_.Waited(kLong);
  EXPECT_EQ(linger_.Next(), 0);
}

TEST_F(LingerTest, ForgetsALongWaitHoweverLongItWas) {
  Repeat(linger_, 50, kShort);
  linger_.Waited(kLong);
  Repeat(linger_, 10, kShort);
  EXPECT_EQ(linger_.Next(), kLongest);
}

TEST_F(LingerTest, SleepsBetweenEventsThatComeJustTooSlowly) {
  Repeat(linger_, 50, kShort);
  Repeat(linger_, 50, kLongest + 1000);
  EXPECT_EQ(linger_.Next(), 0);
}

TEST(Linger, NeverStaysAwakeWhenItMayNot) {
  Linger linger(0);
  Repeat(linger, 50, 0);
  EXPECT_EQ(linger.Next(), 0);
}

}  // namespace
}  // namespace hillock::serving
