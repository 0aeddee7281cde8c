// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/background_thread.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <thread>

#include "server/core/base/clock.h"

namespace hillock {
namespace {

void RunOnItsOwnThread(const std::function<void()>& work) { std::thread(work).join(); }

void SpendOnTheCore(Nanos time) {
  const Clock& clock = Clock::ThreadCpu();
  const Nanos end = clock.Now() + time;
  while (clock.Now() < end) continue;
}

constexpr Nanos kLong = 1'000'000;

TEST(YieldIfContended, AsksOnceAStretchWhetherOthersWantTheCore) {
  RunOnItsOwnThread([] {
    int asked = 0;
    MarkBackgroundThread([&] {
      ++asked;
      return asked == 1;
    });
    YieldIfContended();
    EXPECT_EQ(asked, 0) << "it has only begun";
    SpendOnTheCore(kLong);
    YieldIfContended();
    EXPECT_EQ(asked, 1);
    YieldIfContended();
    EXPECT_EQ(asked, 1) << "it has just come back";
    SpendOnTheCore(kLong);
    YieldIfContended();
    EXPECT_EQ(asked, 2);
  });
}

TEST(YieldIfContended, IsNothingToThreadsThatDoNotYield) {
  int asked = 0;
  RunOnItsOwnThread([&] { MarkBackgroundThread([&] { return ++asked > 0; }); });
  RunOnItsOwnThread([] {
    SpendOnTheCore(kLong);
    YieldIfContended();
  });
  EXPECT_EQ(asked, 0);
}

TEST(YieldIfContended, IsNothingWhereNobodySaysWhatOthersWant) {
  RunOnItsOwnThread([] {
    MarkBackgroundThread(nullptr);
    SpendOnTheCore(kLong);
    YieldIfContended();
  });
}

TEST(MarkBackgroundThread, ConcernsTheCallingThreadAlone) {
  const int before = getpriority(PRIO_PROCESS, 0);
  RunOnItsOwnThread([before] {
    MarkBackgroundThread(nullptr);
    EXPECT_GT(getpriority(PRIO_PROCESS, 0), before);
  });
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace hillock
