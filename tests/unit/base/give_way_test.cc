#include "server/base/give_way.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <thread>

#include "server/base/clock.h"

namespace hillock {
namespace {

void RunOnItsOwnThread(const std::function<void()>& work) { std::thread(work).join(); }

void SpendOnTheCore(Nanos time) {
  const Clock& clock = Clock::ThreadCpu();
  const Nanos end = clock.Now() + time;
  while (clock.Now() < end) continue;
}

constexpr Nanos kLong = 1'000'000;

TEST(GiveWay, AsksOnceAStretchWhetherOthersWantTheCore) {
  RunOnItsOwnThread([] {
    int asked = 0;
    YieldToOtherThreads([&] {
      ++asked;
      return asked == 1;
    });
    GiveWay();
    EXPECT_EQ(asked, 0) << "it has only begun";
    SpendOnTheCore(kLong);
    GiveWay();
    EXPECT_EQ(asked, 1);
    GiveWay();
    EXPECT_EQ(asked, 1) << "it has just come back";
    SpendOnTheCore(kLong);
    GiveWay();
    EXPECT_EQ(asked, 2);
  });
}

TEST(GiveWay, IsNothingToThreadsThatDoNotYield) {
  int asked = 0;
  RunOnItsOwnThread([&] { YieldToOtherThreads([&] { return ++asked > 0; }); });
  RunOnItsOwnThread([] {
    SpendOnTheCore(kLong);
    GiveWay();
  });
  EXPECT_EQ(asked, 0);
}

TEST(GiveWay, IsNothingWhereNobodySaysWhatOthersWant) {
  RunOnItsOwnThread([] {
    YieldToOtherThreads(nullptr);
    SpendOnTheCore(kLong);
    GiveWay();
  });
}

TEST(YieldToOtherThreads, ConcernsTheCallingThreadAlone) {
  const int before = getpriority(PRIO_PROCESS, 0);
  RunOnItsOwnThread([before] {
    YieldToOtherThreads(nullptr);
    EXPECT_GT(getpriority(PRIO_PROCESS, 0), before);
  });
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace hillock
