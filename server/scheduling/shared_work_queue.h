#ifndef HILLOCK_SERVER_SCHEDULING_SHARED_WORK_QUEUE_H_
#define HILLOCK_SERVER_SCHEDULING_SHARED_WORK_QUEUE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/core/base/mutex.h"
#include "server/scheduling/block.h"

namespace hillock::scheduling {

// Blocks of heavy work that any reactor may take, so that one big request or one heavy model uses
// every core that has nothing better to do. Light work never comes here. Thread-safe; takes no lock
// while it is empty.
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

  // Workers that wait for work at this moment.
  size_t CountParked() const;

  // Whether one of them has left its core, rather than poll for events there.
  bool HasIdleCore() const;

  // Adds a block and wakes a parked worker. The block outlives its computation.
  void Push(Block& block);

  // Removes the block that is due soonest; null when the queue is empty.
  Block* Pop();

  // When the block that is due soonest is; kNoDeadline when there is none.
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
  std::vector<Block*> blocks_ ABSL_GUARDED_BY(mutex_);
  std::atomic<Nanos> next_due_{kNoDeadline};
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_SHARED_WORK_QUEUE_H_
