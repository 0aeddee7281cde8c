#include "server/serving/commons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

namespace hillock::serving {
namespace {

class CountingSleeper final : public Commons::Sleeper {
 public:
  void Wake() override { ++woken; }
  int woken = 0;
};

TEST(Commons, GiveTheBlockThatIsDueSoonest) {
  Commons commons;
  EXPECT_EQ(commons.Take(), nullptr);
  EXPECT_EQ(commons.NextDue(), kNoDeadline);
  Block late;
  Block soon;
  Block later;
  late.due = 20;
  soon.due = 10;
  later.due = 30;
  for (Block* block : {&late, &soon, &later}) commons.Offer(*block);
  EXPECT_EQ(commons.NextDue(), 10);
  EXPECT_EQ(commons.Take(), &soon);
  EXPECT_EQ(commons.NextDue(), 20);
  EXPECT_EQ(commons.Take(), &late);
  EXPECT_EQ(commons.Take(), &later);
  EXPECT_EQ(commons.Take(), nullptr);
}

TEST(Commons, WakeOneSleeperABlock) {
  Commons commons;
  CountingSleeper first;
  CountingSleeper second;
  commons.Add(first);
  commons.Add(second);
  std::deque<Block> blocks(3);
  EXPECT_TRUE(commons.Sleep(first));
  EXPECT_TRUE(commons.Sleep(second));
  EXPECT_EQ(commons.CountSleepers(), 2u);
  for (Block& block : blocks) commons.Offer(block);
  EXPECT_EQ(commons.CountSleepers(), 0u);
  EXPECT_EQ(first.woken, 1);
  EXPECT_EQ(second.woken, 1);
}

TEST(Commons, KnowWhoLingersOnACore) {
  Commons commons;
  CountingSleeper sleeper;
  commons.Add(sleeper);
  EXPECT_FALSE(commons.HasLeftACore()) << "it is awake";
  commons.Linger(sleeper, true);
  EXPECT_TRUE(commons.Sleep(sleeper));
  EXPECT_FALSE(commons.HasLeftACore()) << "it lingers";
  EXPECT_EQ(commons.CountSleepers(), 1u);
  commons.Linger(sleeper, false);
  EXPECT_TRUE(commons.HasLeftACore());
  commons.Awake(sleeper);
  EXPECT_FALSE(commons.HasLeftACore());
}

TEST(Commons, WakeThemWhoLinger) {
  Commons commons;
  CountingSleeper sleeper;
  commons.Add(sleeper);
  commons.Linger(sleeper, true);
  EXPECT_TRUE(commons.Sleep(sleeper));
  Block block;
  commons.Offer(block);
  EXPECT_EQ(sleeper.woken, 1);
}

TEST(Commons, LetNobodySleepOverWork) {
  Commons commons;
  CountingSleeper sleeper;
  commons.Add(sleeper);
  Block block;
  commons.Offer(block);
  EXPECT_FALSE(commons.Sleep(sleeper));
  EXPECT_EQ(sleeper.woken, 0) << "it was not asleep";
  commons.Take();
  EXPECT_TRUE(commons.Sleep(sleeper));
  commons.Awake(sleeper);
  commons.Offer(block);
  EXPECT_EQ(sleeper.woken, 0) << "it is awake";
}

TEST(Commons, GiveEveryBlockOnceHoweverManyTake) {
  Commons commons;
  std::deque<Block> blocks(2000);
  for (Block& block : blocks) commons.Offer(block);
  std::atomic<size_t> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (Block* block = commons.Take()) {
        EXPECT_FALSE(block->finished.exchange(true));
        ++taken;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, blocks.size());
}

}  // namespace
}  // namespace hillock::serving
