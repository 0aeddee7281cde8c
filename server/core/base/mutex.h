// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_MUTEX_H_
#define HILLOCK_SERVER_CORE_BASE_MUTEX_H_

#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace hillock {

// A mutex for clang's thread-safety analysis, with conditions to wait for. It is the standard
// library's underneath, whose locks thread sanitizer sees; abseil's it sees only in an abseil that
// was compiled for it, which no distribution's is.
class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

  // Releases the mutex and waits until `condition()` is true. It is evaluated under the mutex: once
  // at first, and after each NotifyAll().
  template <class Condition>
  void Await(const Condition& condition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    AwaitUntil(absl::InfiniteFuture(), condition);
  }

  // The same until `deadline` at most.
  template <class Condition>
  void AwaitUntil(absl::Time deadline, const Condition& condition)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    std::unique_lock lock(mutex_, std::adopt_lock);
    if (deadline == absl::InfiniteFuture()) {
      changed_.wait(lock, condition);
    } else {
      changed_.wait_until(lock, absl::ToChronoTime(deadline), condition);
    }
    lock.release();  // the caller's again
  }

  // Wakes all waiters, so that they evaluate their conditions again. To be called after each change
  // that a condition may depend on.
  void NotifyAll() { changed_.notify_all(); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Holds a mutex for as long as it lives.
class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_MUTEX_H_
