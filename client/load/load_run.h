// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_LOAD_RUN_H_
#define HILLOCK_CLIENT_LOAD_LOAD_RUN_H_

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/load/plan.h"
#include "client/load/schedule.h"
#include "client/load/tally.h"
#include "server/core/base/clock.h"

namespace hillock::client {

// One run of a worker: when to send, until when, how long to wait for answers, and what is counted.
// Not thread-safe.
//
//     start ---- sends what is due ---- end() ---- waits for answers ---- give_up()
class LoadRun {
 public:
  // From now on. `plan` must outlive this.
  LoadRun(const LoadPlan& plan, ThreadShare share, std::chrono::nanoseconds duration);

  Schedule& schedule() { return schedule_; }
  const Schedule& schedule() const { return schedule_; }
  Nanos start() const { return start_; }
  Nanos end() const { return end_; }
  Nanos give_up() const { return give_up_; }

  // What to say of a request that has no answer by then.
  const std::string& give_up_text() const { return give_up_text_; }

  // Nothing is sent any more, and answers are waited for only briefly.
  void EndEarly(Nanos now);

  // A request that was to be sent at `intended` ended at `at`.
  void Record(Nanos intended, absl::StatusCode code, std::string_view message, Nanos at);

  void RecordRetry() { tally_.RecordRetry(); }

  // All that was counted. The run is over.
  LoadTally TakeTally();

 private:
  const LoadPlan& plan_;
  const Nanos start_;
  Nanos end_;
  Nanos give_up_;
  std::string give_up_text_;
  Schedule schedule_;
  LoadTally tally_;
};

// How long connections and answers are waited for when there is no time to wait for them.
inline constexpr Nanos kBriefly = 1'000'000'000;

// gRPC and the event loop wait in whole milliseconds, rounded up, so the last ones are polled away.
inline constexpr Nanos kPollAhead = 2'000'000;

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_LOAD_RUN_H_
