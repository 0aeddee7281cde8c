// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace hillock {
namespace {

TEST(MutexTest, LetsInOneAtATime) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 1000;
  Mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < kTimes; ++k) {
        const MutexLock lock(mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kTimes);
}

TEST(MutexTest, AwaitsWhatIsAnnounced) {
  Mutex mutex;
  int turn = 0;
  const auto take = [&](int mine) {
    const MutexLock lock(mutex);
    mutex.Await([&] { return turn == mine; });
    ++turn;
    mutex.NotifyAll();
  };
  std::thread last(take, 2);
  std::thread second(take, 1);
  take(0);
  second.join();
  last.join();
  EXPECT_EQ(turn, 3);
}

TEST(MutexTest, DoesNotWaitForWhatIsSo) {
  Mutex mutex;
  const MutexLock lock(mutex);
  mutex.Await([] { return true; });
  mutex.AwaitUntil(absl::InfinitePast(), [] { return true; });
}

TEST(MutexTest, HoldsTheMutexAgainWhenTheDeadlineIsOver) {
  Mutex mutex;
  mutex.Lock();
  mutex.AwaitUntil(absl::Now(), [] { return false; });
  bool other_was_in = false;
  std::thread other([&] {
    const MutexLock lock(mutex);
    other_was_in = true;
  });
  EXPECT_FALSE(other_was_in);
  mutex.Unlock();
  other.join();
  EXPECT_TRUE(other_was_in);
}

}  // namespace
}  // namespace hillock
