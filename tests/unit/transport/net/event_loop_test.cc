// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <thread>
#include <vector>

namespace hillock::transport {
namespace {

class Counting final : public EventLoop::Source {
 public:
  void OnEvents(uint32_t events) override {
    ++count;
    last = events;
    if (then) then();
  }
  int count = 0;
  uint32_t last = 0;
  std::function<void()> then;
};

// Two ends of a connection.
struct Pair {
  Pair() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    near = Descriptor(ends[0]);
    far = Descriptor(ends[1]);
  }
  void Ring() const { EXPECT_EQ(send(far.get(), "x", 1, 0), 1); }
  Descriptor near{-1};
  Descriptor far{-1};
};

TEST(EventLoopTest, TellsOfWhatIsReadyUntilItIsRemoved) {
  EventLoop loop;
  const Pair pair;
  Counting source;
  ASSERT_TRUE(loop.Add(pair.near.get(), EPOLLIN, source));
  EXPECT_EQ(loop.Poll(0), 0);
  pair.Ring();
  EXPECT_EQ(loop.Poll(-1), 1);
  EXPECT_EQ(source.last, EPOLLIN);
  loop.Modify(pair.near.get(), EPOLLOUT, source);
  loop.Poll(0);
  EXPECT_EQ(source.last, EPOLLOUT);
  loop.Remove(pair.near.get(), source);
  EXPECT_EQ(loop.Poll(0), 0);
  EXPECT_EQ(source.count, 2);
}

TEST(EventLoopTest, DropsEventsOfASourceRemovedMeanwhile) {
  EventLoop loop;
  const Pair pairs[2];
  Counting sources[2];
  for (size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(loop.Add(pairs[i].near.get(), EPOLLIN, sources[i]));
    sources[i].then = [&loop, &pairs, &sources, i] {
      loop.Remove(pairs[1 - i].near.get(), sources[1 - i]);
    };
    pairs[i].Ring();
  }
  loop.Poll(0);
  EXPECT_EQ(sources[0].count + sources[1].count, 1);
}

TEST(EventLoopTest, RefusesABadDescriptor) {
  EventLoop loop;
  Counting source;
  EXPECT_FALSE(loop.Add(-1, EPOLLIN, source));
}

TEST(EventLoopTest, RunsPostedTasksInOrder) {
  EventLoop loop;
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) loop.Post([&order, i] { order.push_back(i); });
  EXPECT_TRUE(order.empty());
  loop.Poll(-1);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(EventLoopTest, TakesTasksOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 1000;
  EventLoop loop;
  int ran = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kTasks; ++j) loop.Post([&ran] { ++ran; });
    });
  }
  while (ran < kThreads * kTasks) loop.Poll(-1);
}

TEST(EventLoopTest, ATaskMayPostAnother) {
  EventLoop loop;
  bool ran = false;
  loop.Post([&] { loop.Post([&] { ran = true; }); });
  loop.Poll(-1);
  EXPECT_FALSE(ran);
  loop.Poll(-1);
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace hillock::transport
