// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

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

TEST(ThreadCpuClock, CountsWhatThisThreadDoesAndNoOther) {
  const Clock& clock = Clock::ThreadCpu();
  const Nanos before = clock.Now();
  std::thread other([&clock] {
    const Nanos start = clock.Now();
    EXPECT_LT(start, 1'000'000'000) << "of a thread that has just begun";
    while (clock.Now() < start + 5'000'000) continue;
  });
  other.join();
  const Nanos waited = clock.Now() - before;
  EXPECT_GE(waited, 0);
  EXPECT_LT(waited, 5'000'000) << "waiting for another thread is no work";
  while (clock.Now() < before + 5'000'000) continue;
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
