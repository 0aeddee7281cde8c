// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_SHARED_WORK_QUEUE_H_
#define HILLOCK_SERVER_SCHEDULING_SHARED_WORK_QUEUE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/core/base/clock.h"
#include "server/core/base/mutex.h"

namespace hillock::scheduling {

struct Block;

// Blocks of heavy work that any reactor may pop, so that one big request or one heavy model uses
// every core that has nothing better to do. Light work never comes here. Thread-safe; costs an
// atomic load while it is empty.
//
// A worker's states, and the promise: when work is pushed and any worker is parked, one wakes up.
//
//                  Park() finds nothing to pop
//   awake ----------------------------------------> parked <---> polling (SetPolling)
//     ^                                               |
//     +-----------------------------------------------+
//          Push() claims and wakes it, or Unpark()
class SharedWorkQueue {
 public:
  // A reactor, which may be parked when work is pushed.
  class Worker {
   public:
    virtual ~Worker() = default;
    // Called on any thread.
    virtual void Wake() = 0;

   private:
    friend class SharedWorkQueue;
    std::atomic<bool> parked_{false};
    std::atomic<bool> polls_{false};
  };

  // REQUIRES: nobody pushes or pops yet. The worker outlives every Push().
  void Add(Worker& worker) { workers_.push_back(&worker); }

  // Workers that pop from here; at least 1.
  size_t size() const { return std::max<size_t>(workers_.size(), 1); }

  // Workers that wait for work at this moment. Others may park and unpark meanwhile.
  size_t CountParked() const;

  // Whether one of them has left its core, rather than poll for events there.
  bool HasIdleCore() const;

  // Adds a block and wakes a parked worker. The block outlives its computation.
  void Push(Block& block);

  // Removes the block that is due first; null when the queue is empty.
  Block* Pop();

  // When the first block is due; kNoDeadline when there is none.
  Nanos NextDue() const { return next_due_.load(); }

  // The worker is about to wait. False when there is work to pop first.
  bool Park(Worker& worker);
  void Unpark(Worker& worker) { worker.parked_.store(false); }

  // The worker begins, or ends, to wait without leaving its core.
  void SetPolling(Worker& worker, bool polls) { worker.polls_.store(polls); }

 private:
  void UpdateDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::vector<Worker*> workers_;
  Mutex mutex_;
  std::vector<Block*> blocks_ ABSL_GUARDED_BY(mutex_);  // at most workers^2, so it is searched
  std::atomic<Nanos> next_due_{kNoDeadline};  // follows blocks_; kNoDeadline exactly when empty
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_SHARED_WORK_QUEUE_H_
