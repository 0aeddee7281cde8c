// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/shared_work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "server/scheduling/block.h"

namespace hillock::scheduling {
namespace {

class CountingWorker final : public SharedWorkQueue::Worker {
 public:
  void Wake() override { ++woken; }
  int woken = 0;
};

TEST(SharedWorkQueue, GivesTheBlockThatIsDueSoonest) {
  SharedWorkQueue shared_work;
  EXPECT_EQ(shared_work.Pop(), nullptr);
  EXPECT_EQ(shared_work.NextDue(), kNoDeadline);
  Block late;
  Block soon;
  Block later;
  late.due = 20;
  soon.due = 10;
  later.due = 30;
  for (Block* block : {&late, &soon, &later}) shared_work.Push(*block);
  EXPECT_EQ(shared_work.NextDue(), 10);
  EXPECT_EQ(shared_work.Pop(), &soon);
  EXPECT_EQ(shared_work.NextDue(), 20);
  EXPECT_EQ(shared_work.Pop(), &late);
  EXPECT_EQ(shared_work.Pop(), &later);
  EXPECT_EQ(shared_work.Pop(), nullptr);
}

TEST(SharedWorkQueue, WakesOneWorkerABlock) {
  SharedWorkQueue shared_work;
  CountingWorker first;
  CountingWorker second;
  shared_work.Add(first);
  shared_work.Add(second);
  std::deque<Block> blocks(3);
  EXPECT_TRUE(shared_work.Park(first));
  EXPECT_TRUE(shared_work.Park(second));
  EXPECT_EQ(shared_work.CountParked(), 2u);
  for (Block& block : blocks) shared_work.Push(block);
  EXPECT_EQ(shared_work.CountParked(), 0u);
  EXPECT_EQ(first.woken, 1);
  EXPECT_EQ(second.woken, 1);
}

TEST(SharedWorkQueue, KnowsWhoPollsOnACore) {
  SharedWorkQueue shared_work;
  CountingWorker worker;
  shared_work.Add(worker);
  EXPECT_FALSE(shared_work.HasIdleCore()) << "it is awake";
  shared_work.SetPolling(worker, true);
  EXPECT_TRUE(shared_work.Park(worker));
  EXPECT_FALSE(shared_work.HasIdleCore()) << "it polls";
  EXPECT_EQ(shared_work.CountParked(), 1u);
  shared_work.SetPolling(worker, false);
  EXPECT_TRUE(shared_work.HasIdleCore());
  shared_work.Unpark(worker);
  EXPECT_FALSE(shared_work.HasIdleCore());
}

TEST(SharedWorkQueue, WakesThoseThatPoll) {
  SharedWorkQueue shared_work;
  CountingWorker worker;
  shared_work.Add(worker);
  shared_work.SetPolling(worker, true);
  EXPECT_TRUE(shared_work.Park(worker));
  Block block;
  shared_work.Push(block);
  EXPECT_EQ(worker.woken, 1);
}

TEST(SharedWorkQueue, LetNobodySleepOverWork) {
  SharedWorkQueue shared_work;
  CountingWorker worker;
  shared_work.Add(worker);
  Block block;
  shared_work.Push(block);
  EXPECT_FALSE(shared_work.Park(worker));
  EXPECT_EQ(worker.woken, 0) << "it was not parked";
  shared_work.Pop();
  EXPECT_TRUE(shared_work.Park(worker));
  shared_work.Unpark(worker);
  shared_work.Push(block);
  EXPECT_EQ(worker.woken, 0) << "it is awake";
}

TEST(SharedWorkQueue, GiveEveryBlockOnceHoweverManyTake) {
  SharedWorkQueue shared_work;
  std::deque<Block> blocks(2000);
  for (Block& block : blocks) shared_work.Push(block);
  std::atomic<size_t> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (Block* block = shared_work.Pop()) {
        EXPECT_FALSE(block->finished.exchange(true));
        ++taken;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, blocks.size());
}

}  // namespace
}  // namespace hillock::scheduling
