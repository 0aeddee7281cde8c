#ifndef HILLOCK_CLIENT_LOAD_WORKER_H_
#define HILLOCK_CLIENT_LOAD_WORKER_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "client/load/plan.h"
#include "client/load/schedule.h"
#include "client/load/tally.h"

namespace hillock::client {

// The part of a load that one thread drives: its connections and its calls.
//
// Thread-safety: Stop() and answered() may be called by any thread, the rest by one at a time.
class LoadWorker {
 public:
  virtual ~LoadWorker() = default;

  // Makes every connection. UNAVAILABLE, with what the last attempt met with as far as that is
  // known, when that takes longer than the plan's patience.
  virtual absl::Status Connect() = 0;

  // Connections that are down now.
  virtual size_t CountLost() = 0;

  // Sends what is due from now until `duration` later, at least what is due at once, and waits for
  // the answers.
  virtual LoadTally Run(std::chrono::nanoseconds duration) = 0;

  // Ends the sending of this run and of all that follow. Answers are waited for only briefly.
  virtual void Stop() = 0;

  // Requests that have ended since the beginning.
  uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }

 protected:
  // Counts one more. By the thread that drives the load.
  void CountAnswer() { answered_.store(answered() + 1, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> answered_ = 0;
};

// A worker for every `share.count`-th connection of the plan, which must outlive it: one that sends
// with gRPC's C++ client when the plan has bursts of 1, else one of our own.
std::unique_ptr<LoadWorker> MakeLoadWorker(const LoadPlan& plan, ThreadShare share);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_WORKER_H_
