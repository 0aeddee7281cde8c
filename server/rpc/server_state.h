#ifndef HILLOCK_SERVER_RPC_SERVER_STATE_H_
#define HILLOCK_SERVER_RPC_SERVER_STATE_H_

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"

namespace hillock::rpc {

// Whether the server as a whole wants requests. Thread-safe.
class ServerState {
 public:
  bool ready() const {
    const MutexLock lock(mutex_);
    return ready_;
  }
  void SetReady(bool ready) {
    const MutexLock lock(mutex_);
    ready_ = ready;
    mutex_.Announce();
  }

  // Waits until ready() is no longer `known`, or `timeout` has passed.
  void WaitForChange(bool known, absl::Duration timeout) const {
    const MutexLock lock(mutex_);
    const auto changed = [this, known]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ready_ != known; };
    mutex_.AwaitUntil(absl::Now() + timeout, changed);
  }

 private:
  mutable Mutex mutex_;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_SERVER_STATE_H_
