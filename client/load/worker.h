// SPDX-License-Identifier: Apache-2.0
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

// The part of a load that one thread drives: its connections and its calls. Connect() once, then
// Run() as often as wanted.
//
// Thread-safety: Stop() and answered() may be called by any thread, the rest by one at a time.
class LoadWorker {
 public:
  virtual ~LoadWorker() = default;

  // Makes every connection. UNAVAILABLE, with the error of the last attempt if it is known, when
  // that takes longer than the plan's patience.
  virtual absl::Status Connect() = 0;

  // Connections that are down now.
  virtual size_t CountLost() = 0;

  // Sends the requests that are due within `duration`, at least those due at once, and waits for
  // the answers.
  virtual LoadTally Run(std::chrono::nanoseconds duration) = 0;

  // Ends the sending of this run and of all later ones. They wait for answers only briefly.
  virtual void Stop() = 0;

  // Requests that have ended since the beginning.
  uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }

 protected:
  // Counts one more. By the thread that drives the load.
  void CountAnswer() { answered_.store(answered() + 1, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> answered_ = 0;
};

// Which of the plan's requests is next. Not thread-safe.
class RequestTurn {
 public:
  explicit RequestTurn(const LoadPlan& plan) : plan_(plan) {}

  // Its position in the plan's requests.
  size_t Take() {
    const auto& order = plan_.order;
    const size_t taken = next_;
    next_ = next_ + 1 == (order.empty() ? plan_.requests.size() : order.size()) ? 0 : next_ + 1;
    return order.empty() ? taken : order[taken];
  }

 private:
  const LoadPlan& plan_;
  size_t next_ = 0;
};

// The worker of every `share.count`-th connection of the plan, which must outlive it: a
// StreamWorker when the plan has streams, a GrpcWorker when it has bursts of 1, else an
// Http2Worker.
std::unique_ptr<LoadWorker> MakeLoadWorker(const LoadPlan& plan, ThreadShare share);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_WORKER_H_
