// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/calls/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using Code = absl::StatusCode;

// A task that says what becomes of it. One that is held runs until it is let go.
class TestTask : public Worker::Task {
 public:
  void Run() override {
    begun.count_down();
    if (held) let_go.wait();
    ran = true;
    done.count_down();
  }
  void Drop() override { dropped = true; }

  bool held = false;
  bool ran = false;
  bool dropped = false;
  std::latch begun{1}, let_go{1}, done{1};
};

class WorkerTest : public ::testing::Test {
 protected:
  std::shared_ptr<TestTask> Submit() {
    auto task = std::make_shared<TestTask>();
    EXPECT_THAT(worker_.Submit(task), IsOk());
    return task;
  }
  // Has the worker at a task, so that others wait.
  std::shared_ptr<TestTask> Occupy() {
    auto task = std::make_shared<TestTask>();
    task->held = true;
    EXPECT_THAT(worker_.Submit(task), IsOk());
    task->begun.wait();
    return task;
  }

  Worker worker_{2};
};

TEST_F(WorkerTest, RunsWhatIsSubmittedAndLetsGoOfIt) {
  for (int i = 0; i < 10; ++i) {
    const auto task = Submit();
    task->done.wait();
    EXPECT_TRUE(task->ran);
    EXPECT_FALSE(task->dropped);
  }
}

TEST_F(WorkerTest, RunsInOrder) {
  struct Numbered : TestTask {
    Numbered(int n, std::vector<int>& all) : number(n), order(all) {}
    void Run() override {
      order.push_back(number);
      TestTask::Run();
    }
    int number;
    std::vector<int>& order;
  };
  std::vector<int> order;
  const auto busy = Occupy();
  const auto one = std::make_shared<Numbered>(1, order);
  const auto two = std::make_shared<Numbered>(2, order);
  EXPECT_THAT(worker_.Submit(one), IsOk());
  EXPECT_THAT(worker_.Submit(two), IsOk());
  busy->let_go.count_down();
  two->done.wait();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST_F(WorkerTest, TakesNoMoreThanMayWait) {
  const auto busy = Occupy();
  const auto one = Submit();
  const auto two = Submit();
  const auto three = std::make_shared<TestTask>();
  EXPECT_THAT(worker_.Submit(three), StatusIs(Code::kResourceExhausted,
                                              "2 calls of this kind wait already, want at most 2"));
  EXPECT_EQ(three.use_count(), 1) << "it is not kept";
  busy->let_go.count_down();
  two->done.wait();
  EXPECT_TRUE(one->ran);
  EXPECT_FALSE(three->ran);
}

TEST_F(WorkerTest, WhatIsWithdrawnMakesRoomAndIsNotRun) {
  const auto busy = Occupy();
  const auto one = Submit();
  const auto two = Submit();
  worker_.Withdraw(*one);
  EXPECT_EQ(one.use_count(), 1) << "it is not kept";
  const auto three = Submit();
  busy->let_go.count_down();
  three->done.wait();
  EXPECT_FALSE(one->ran);
  EXPECT_FALSE(one->dropped);
  EXPECT_TRUE(two->ran);
}

TEST_F(WorkerTest, WithdrawsNothingThatDoesNotWait) {
  const auto busy = Occupy();
  worker_.Withdraw(*busy);
  TestTask stranger;
  worker_.Withdraw(stranger);
  const auto one = Submit();
  busy->let_go.count_down();
  one->done.wait();
  EXPECT_TRUE(busy->ran);
  worker_.Withdraw(*one);
}

TEST_F(WorkerTest, StopDropsWhatWaitsBeforeTheTaskInProgressEnds) {
  struct Dropped : TestTask {
    void Drop() override {
      TestTask::Drop();
      busy->let_go.count_down();
    }
    std::shared_ptr<TestTask> busy;
  };
  const auto waiting = std::make_shared<Dropped>();
  waiting->busy = Occupy();
  EXPECT_THAT(worker_.Submit(waiting), IsOk());
  worker_.Stop();  // would never return if it waited before it drops
  EXPECT_TRUE(waiting->busy->ran);
  EXPECT_TRUE(waiting->dropped);
  EXPECT_FALSE(waiting->ran);
  worker_.Withdraw(*waiting);
}

TEST_F(WorkerTest, TakesNothingOnceStopped) {
  worker_.Stop();
  const auto task = std::make_shared<TestTask>();
  EXPECT_THAT(worker_.Submit(task), StatusIs(Code::kUnavailable, "the server is shutting down"));
  worker_.Stop();
  EXPECT_FALSE(task->ran);
  EXPECT_FALSE(task->dropped);
}

// What becomes of a task of many, and how often.
struct Counted : Worker::Task {
  void Run() override { ++ends; }
  void Drop() override { ++ends; }
  std::atomic<int> ends{0};
  bool submitted = false;
  bool withdrawn = false;
};

TEST(WorkerStressTest, RunsOrDropsEachTaskOnceUnlessItIsWithdrawn) {
  constexpr size_t kTasks = 2000;  // a thread
  Worker worker(8);
  std::vector<std::shared_ptr<Counted>> tasks[4];
  std::vector<std::thread> threads;
  for (auto& mine : tasks) {
    threads.emplace_back([&mine, &worker] {
      for (size_t i = 0; i < kTasks; ++i) {
        mine.push_back(std::make_shared<Counted>());
        mine.back()->submitted = worker.Submit(mine.back()).ok();
        mine.back()->withdrawn = i % 3 == 0;
        if (mine.back()->withdrawn) worker.Withdraw(*mine.back());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  worker.Stop();
  for (const auto& mine : tasks) {
    for (const auto& task : mine) {
      const int most = task->submitted ? 1 : 0;
      EXPECT_LE(task->ends, most);
      if (!task->withdrawn) {
        EXPECT_EQ(task->ends, most);
      }
    }
  }
}

}  // namespace
}  // namespace hillock::rpc
