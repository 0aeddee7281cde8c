// SPDX-License-Identifier: Apache-2.0

// Exemplars: for each bucket of a histogram of requests, one recent request by its id.

#ifndef HILLOCK_SERVER_METRICS_EXEMPLARS_H_
#define HILLOCK_SERVER_METRICS_EXEMPLARS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "server/core/base/clock.h"
#include "server/core/base/mutex.h"
#include "server/metrics/cells.h"

namespace hillock::metrics {

struct Exemplar {
  std::string label;  // request_id or trace_id
  std::string id;     // UTF-8
  double value = 0;   // seconds
  double time = 0;    // seconds since the epoch
};

// By bucket of TimeScale.
using BucketExemplars = std::map<size_t, Exemplar>;

// The newest exemplar of each bucket, of one writer. It takes one a second for each bucket at most,
// so that the lock, and the look for an id, are no part of the cost of a request.
class Exemplars {
 public:
  // What OpenMetrics allows for a label and its value together, in characters.
  static constexpr size_t kMaxCharacters = 128;

  // Whether a request that took `nanos` and ended at `now` may be offered. By the writer alone, as
  // the next two.
  bool Wants(uint64_t nanos, Nanos now) const { return now >= next_[TimeScale::Index(nanos)]; }

  // Takes it, unless its id is too long.
  void Offer(uint64_t nanos, Nanos now, std::string_view label, std::string_view id);

  // It has no id: the bucket wants no other for a millisecond.
  void Skip(uint64_t nanos, Nanos now);

  // Puts into `newest` what is newer than that. Thread-safe.
  void CopyNewer(BucketExemplars& newest) const;

 private:
  std::array<Nanos, TimeScale::kBounds + 1> next_{};  // when a bucket wants another one
  mutable Mutex mutex_;
  BucketExemplars exemplars_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_EXEMPLARS_H_
