// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_CALLS_WORKER_H_
#define HILLOCK_SERVER_RPC_CONTROL_CALLS_WORKER_H_

#include <cstddef>
#include <list>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "server/core/base/mutex.h"
#include "server/core/base/status.h"

namespace hillock::rpc {

// A thread that runs tasks one after another, so that no event loop waits for them. Thread-safe,
// except for Stop() and destruction.
class Worker {
 public:
  static constexpr size_t kMaxWaiting = 1024;

  // A task that was submitted is run, or dropped, or withdrawn: one of them, once.
  class Task {
   public:
    virtual ~Task() = default;
    virtual void Run() = 0;   // on the worker's thread
    virtual void Drop() = 0;  // in Stop(), on its caller's thread

   private:
    friend class Worker;
    std::list<std::shared_ptr<Task>>::iterator place_;  // in the queue; under the worker's mutex
    bool waits_ = false;                                // under the worker's mutex
  };

  // `max_waiting`: tasks that may wait, besides the one that runs.
  explicit Worker(size_t max_waiting = kMaxWaiting);
  ~Worker() { Stop(); }

  // Queues a task. RESOURCE_EXHAUSTED when as many wait as may, UNAVAILABLE once the worker has
  // been stopped; the task is not taken then.
  absl::Status Submit(std::shared_ptr<Task> task);

  // Removes a task from the queue, as its client has left. Does nothing to a task that runs, has
  // run or was never submitted. Never waits for one.
  void Withdraw(Task& task);

  // Drops the tasks that wait, and returns when the one that runs has finished. Does nothing the
  // second time.
  void Stop();

 private:
  void Loop();
  std::shared_ptr<Task> Next();

  const size_t max_waiting_;
  Mutex mutex_;
  std::list<std::shared_ptr<Task>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_CALLS_WORKER_H_
