// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
#define HILLOCK_CLIENT_LOAD_LATENCY_HISTOGRAM_H_

#include <cstdint>
#include <vector>

#include "server/core/base/clock.h"

namespace hillock::client {

// Counts durations in log-linear buckets: every power of two is cut into 128 equal parts, so that a
// quantile is within 0.4 % of the observation it stands for; below 256 ns it is exact. Any Nanos
// has a bucket. Takes 57 KB whatever it counted, and records without allocating. Not thread-safe:
// one a thread, merged in the end.
class LatencyHistogram {
 public:
  LatencyHistogram();

  // Negative durations count as 0.
  void Record(Nanos latency);

  void Merge(const LatencyHistogram& other);

  uint64_t count() const { return count_; }

  // The observation that a share `q` of all, from 0 to 1, does not exceed; exact for the largest.
  // NaN when nothing was recorded.
  double QuantileSeconds(double q) const;

  // Exact; NaN when nothing was recorded.
  double MaxSeconds() const;
  double MeanSeconds() const;

 private:
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
