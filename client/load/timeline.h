// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_TIMELINE_H_
#define HILLOCK_CLIENT_LOAD_TIMELINE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/load/latency_histogram.h"
#include "server/core/base/clock.h"

namespace hillock::client {

// What came of a run from moment to moment: the answers of equal intervals of time. Intervals are
// 100 ms at first. When there are too many, neighbours become one, so that a run of any length has
// at most kMaxIntervals and takes at most 1 MB. Not thread-safe: one a thread, merged in the end.
class Timeline {
 public:
  static constexpr size_t kMaxIntervals = 120;

  struct Slice {
    LatencyHistogram answered{4};  // requests that succeeded
    uint64_t failed = 0;
  };

  // One request ended `since_start` after the start of the run. Allocates on the first of an
  // interval.
  void Record(Nanos since_start, Nanos latency, bool ok);

  // Adds what another thread recorded from the same start.
  void Merge(const Timeline& other);

  // Adds what was recorded in a run that started `offset` after this one.
  void Append(const Timeline& later, Nanos offset);

  Nanos interval() const { return interval_; }
  const std::vector<Slice>& slices() const { return slices_; }  // from the start on

 private:
  Slice& SliceAt(Nanos since_start);
  void Coarsen();

  Nanos interval_ = 100'000'000;
  std::vector<Slice> slices_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_TIMELINE_H_
