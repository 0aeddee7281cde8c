// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/calls/worker.h"

#include <fmt/format.h>

#include <utility>

#include "server/lifecycle/stopping.h"

namespace hillock::rpc {

Worker::Worker(size_t max_waiting) : max_waiting_(max_waiting), thread_([this] { Loop(); }) {}

absl::Status Worker::Submit(std::shared_ptr<Task> task) {
  const MutexLock lock(mutex_);
  if (stopped_) return lifecycle::StoppingError();
  if (waiting_.size() >= max_waiting_) {
    return absl::ResourceExhaustedError(fmt::format(
        "{} calls of this kind wait already, want at most {}", waiting_.size(), max_waiting_));
  }
  Task& queued = *task;
  queued.place_ = waiting_.insert(waiting_.end(), std::move(task));
  queued.waits_ = true;
  mutex_.NotifyAll();
  return absl::OkStatus();
}

void Worker::Withdraw(Task& task) {
  std::list<std::shared_ptr<Task>> withdrawn;  // let go of when the mutex is free
  const MutexLock lock(mutex_);
  if (!std::exchange(task.waits_, false)) return;
  withdrawn.splice(withdrawn.end(), waiting_, task.place_);
}

// Tasks are run, and dropped, without the mutex: what they do may submit or withdraw others.
// Whoever takes a task from the list clears waits_ in the same critical section, so each is taken
// once.
void Worker::Stop() {
  std::list<std::shared_ptr<Task>> dropped;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(waiting_);
    for (const auto& task : dropped) task->waits_ = false;
    mutex_.NotifyAll();
  }
  for (const auto& task : dropped) task->Drop();
  if (thread_.joinable()) thread_.join();
}

void Worker::Loop() {
  while (const std::shared_ptr<Task> task = Next()) task->Run();
}

// Null when it is time to stop.
std::shared_ptr<Worker::Task> Worker::Next() {
  const MutexLock lock(mutex_);
  const auto wanted = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopped_ || !waiting_.empty();
  };
  mutex_.Await(wanted);
  if (stopped_) return nullptr;
  std::shared_ptr<Task> task = std::move(waiting_.front());
  waiting_.pop_front();
  task->waits_ = false;
  return task;
}

}  // namespace hillock::rpc
