// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_TALLY_H_
#define HILLOCK_CLIENT_LOAD_TALLY_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/load/latency_histogram.h"
#include "client/load/timeline.h"
#include "server/core/base/clock.h"

namespace hillock::client {

// The requests of a run that ended with one status code.
struct Outcome {
  LatencyHistogram latencies;
  uint64_t in_time = 0;  // that ended before the run did
  std::string message;   // of the first of them

  uint64_t count() const { return latencies.count(); }
};

// What came of all requests of a run. Not thread-safe: one a thread, merged in the end.
class LoadTally {
 public:
  // One request has ended. Allocates on the first of a code only.
  void Record(absl::StatusCode code, Nanos latency, bool in_time, std::string_view message);

  // The same request, for the time line: when it ended, from the start of the run on.
  void RecordMoment(Nanos since_start, absl::StatusCode code, Nanos latency) {
    timeline_.Record(since_start, latency, code == absl::StatusCode::kOk);
  }

  // Of an open loop.
  void RecordSchedule(uint64_t late, uint64_t unsent, Nanos most_behind);

  // A request was sent again that the server had not looked at.
  void RecordRetry() { ++retries_; }

  // The time of sending, which is shorter than intended when the run was stopped.
  void RecordElapsed(Nanos elapsed) { elapsed_ = std::max(elapsed_, elapsed); }

  // Adds what another thread recorded in the same time.
  void Merge(const LoadTally& other);

  // Adds what was recorded after this, in a time of its own.
  void Append(const LoadTally& later);

  const std::map<absl::StatusCode, Outcome>& outcomes() const { return outcomes_; }
  uint64_t count() const;                       // of all codes
  uint64_t count(absl::StatusCode code) const;  // of one
  uint64_t late() const { return late_; }       // sent more than Schedule::kLate after their time
  uint64_t unsent() const { return unsent_; }   // intended, but not sent before the end
  Nanos most_behind() const { return most_behind_; }
  uint64_t retries() const { return retries_; }
  Nanos elapsed() const { return elapsed_; }  // the longest of those merged
  const Timeline& timeline() const { return timeline_; }

 private:
  Outcome& OutcomeOf(absl::StatusCode code, std::string_view message);
  void AddCounts(const LoadTally& other);

  std::map<absl::StatusCode, Outcome> outcomes_;
  uint64_t late_ = 0;
  uint64_t unsent_ = 0;
  Nanos most_behind_ = 0;
  uint64_t retries_ = 0;
  Nanos elapsed_ = 0;
  Timeline timeline_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_TALLY_H_
