// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_NET_EVENT_LOOP_H_
#define HILLOCK_SERVER_TRANSPORT_NET_EVENT_LOOP_H_

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/core/base/clock.h"
#include "server/core/base/descriptor.h"
#include "server/core/base/mutex.h"

namespace hillock::transport {

// Waits for descriptors with epoll(7), and for tasks of other threads. Belongs to one thread,
// except for Post() and Wake().
class EventLoop {
 public:
  // Called when its descriptor is ready.
  class Source {
   public:
    virtual void OnEvents(uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP

   protected:
    ~Source() = default;
  };

  // `clock` must outlive this. Aborts when the system has no descriptor to spare, as at start it
  // always has.
  explicit EventLoop(const Clock& clock = Clock::Monotonic());
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Watches `descriptor` for `events`, level-triggered. The source must stay until Remove(), which
  // may be called from any source's OnEvents(). False when the system refuses.
  bool Add(int descriptor, uint32_t events, Source& source);
  void Modify(int descriptor, uint32_t events, Source& source);
  void Remove(int descriptor, Source& source);

  // Waits for the next event, at most for `timeout` (0: does not wait; negative: for ever), and
  // hands out all that are ready, posted tasks included. Returns how many there were.
  int Poll(Nanos timeout);

  // When the events that Poll() hands out, or handed out last, were found.
  Nanos woke_at() const { return woke_at_; }

  // Runs `task` on the loop's thread, in the order of posting. Thread-safe.
  void Post(std::function<void()> task);

  // Ends a wait. Thread-safe.
  void Wake();

 private:
  static constexpr int kMaxEvents = 256;  // a call of epoll_wait(2)

  void RunTasks();

  const Clock& clock_;
  Nanos woke_at_ = 0;
  Descriptor epoll_;
  Descriptor wake_;  // eventfd(2)
  std::atomic<bool> wake_pending_{false};
  std::array<epoll_event, kMaxEvents> events_;
  int ready_ = 0;  // of events_, those that Poll() hands out
  Mutex mutex_;
  std::vector<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_EVENT_LOOP_H_
