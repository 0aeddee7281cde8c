#include "server/base/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace hillock {
namespace {

TEST(MonotonicClock, NeverGoesBack) {
  Nanos before = Clock::Monotonic().Now();
  for (int i = 0; i < 1000; ++i) {
    const Nanos now = Clock::Monotonic().Now();
    EXPECT_GE(now, before);
    before = now;
  }
}

TEST(FakeClock, TicksWhenReadAndWhenTold) {
  testing::FakeClock clock(10);
  const Nanos start = clock.Now();
  EXPECT_EQ(clock.Now(), start + 10);
  clock.Advance(100);
  EXPECT_EQ(clock.Now(), start + 120);
}

}  // namespace
}  // namespace hillock
