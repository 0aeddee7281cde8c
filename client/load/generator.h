// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_GENERATOR_H_
#define HILLOCK_CLIENT_LOAD_GENERATOR_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/plan.h"
#include "client/load/tally.h"
#include "client/load/worker.h"

namespace hillock::client {

// How far a run has come: the time since its start, and the requests that have ended.
struct LoadProgress {
  std::chrono::nanoseconds elapsed{0};
  uint64_t answered = 0;
};

// Loads an inference server with requests, from the plan's number of threads. Not thread-safe.
class LoadGenerator {
 public:
  // Makes every connection of the plan. Errors: UNAVAILABLE when that cannot be, or takes a thread
  // longer than the plan's patience.
  static absl::StatusOr<std::unique_ptr<LoadGenerator>> Connect(LoadPlan plan);

  // Sends requests for `duration`, or until the plan's `stop` is raised, and returns when all have
  // ended. Runs may follow each other, such as a warm-up first: connections and calls are reused.
  // `on_progress` is called on this thread, a few times a second.
  LoadTally Run(std::chrono::nanoseconds duration,
                const std::function<void(const LoadProgress&)>& on_progress = {});

  // Connections that are down now.
  size_t CountLost();

  const LoadPlan& plan() const { return plan_; }

 private:
  explicit LoadGenerator(LoadPlan plan);

  absl::Status ConnectWorkers();
  void StopIfTold();
  uint64_t CountAnswered() const;

  const LoadPlan plan_;
  std::vector<std::unique_ptr<LoadWorker>> workers_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_GENERATOR_H_
