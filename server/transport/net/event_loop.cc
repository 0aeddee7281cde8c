// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/core/base/status.h"

namespace hillock::transport {
namespace {

constexpr Nanos kNanosPerMilli = 1'000'000;
constexpr Nanos kLongest = Nanos{3600} * 1'000'000'000;

// epoll_wait(2) takes milliseconds: rounded up, so that what is due then is due.
int Milliseconds(Nanos timeout) {
  if (timeout < 0) return -1;
  return static_cast<int>((std::min(timeout, kLongest) + kNanosPerMilli - 1) / kNanosPerMilli);
}

}  // namespace

EventLoop::EventLoop(const Clock& clock)
    : clock_(clock),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  HILLOCK_CHECK(epoll_.get() >= 0 && wake_.get() >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  HILLOCK_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
}

bool EventLoop::Add(int descriptor, uint32_t events, Source& source) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EventLoop::Modify(int descriptor, uint32_t events, Source& source) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  HILLOCK_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) == 0);
}

void EventLoop::Remove(int descriptor, Source& source) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  // Events of this source that have not been handed out yet are dropped.
  for (int i = 0; i < ready_; ++i) {
    auto& event = events_[static_cast<size_t>(i)];
    if (event.data.ptr == &source) event.events = 0;
  }
}

// OnEvents() may remove any source, its own included: what is left of events_ for that one is
// zeroed then and passed over here. Tasks come last, when no event refers to a source any more, so
// a task may destroy one.
int EventLoop::Poll(Nanos timeout) {
  int count = epoll_wait(epoll_.get(), events_.data(), kMaxEvents, Milliseconds(timeout));
  if (count < 0) {
    HILLOCK_CHECK(errno == EINTR);
    return 0;
  }
  if (count == 0) return 0;
  woke_at_ = clock_.Now();
  ready_ = count;
  bool woken = false;
  for (int i = 0; i < ready_; ++i) {
    const epoll_event event = events_[static_cast<size_t>(i)];
    if (event.data.ptr == nullptr) {
      woken = true;
    } else if (event.events != 0) {
      static_cast<Source*>(event.data.ptr)->OnEvents(event.events);
    }
  }
  ready_ = 0;
  if (woken) RunTasks();
  return count;
}

void EventLoop::Post(std::function<void()> task) {
  {
    const MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  Wake();
}

void EventLoop::Wake() {
  if (wake_pending_.exchange(true)) return;
  const uint64_t one = 1;
  HILLOCK_CHECK(write(wake_.get(), &one, sizeof one) == sizeof one);
}

// The order matters: a Post() after wake_pending_ is false wakes the loop again.
void EventLoop::RunTasks() {
  uint64_t count = 0;
  HILLOCK_CHECK(read(wake_.get(), &count, sizeof count) == sizeof count);
  wake_pending_.store(false);
  std::vector<std::function<void()>> tasks;
  {
    const MutexLock lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

}  // namespace hillock::transport
