// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
#define HILLOCK_CLIENT_LOAD_LATENCY_HISTOGRAM_H_

#include <cstdint>
#include <vector>

#include "server/core/base/clock.h"

namespace hillock::client {

// Counts durations in log-linear buckets: every power of two is cut into 2^part_bits equal parts,
// so that a quantile is within 0.5^(part_bits+1) of the observation it stands for. With 7 that is
// 0.4 %, and below 256 ns it is exact. Any Nanos has a bucket. Takes 57 KB (7 bits) or 8 KB (4
// bits) whatever it counted, and records without allocating. Not thread-safe: one a thread, merged
// in the end.
class LatencyHistogram {
 public:
  // `part_bits` is from 1 to 16.
  explicit LatencyHistogram(int part_bits = 7);

  // Negative durations count as 0.
  void Record(Nanos latency);

  // REQUIRES: the same part_bits.
  void Merge(const LatencyHistogram& other);

  // The observations of a range of durations, both ends included.
  struct Bar {
    double low_seconds = 0;
    double high_seconds = 0;
    uint64_t count = 0;
  };

  // The distribution for a picture: ranges of an eighth of a power of two, in ascending order,
  // those without observations left out. REQUIRES: part_bits of at least 3.
  std::vector<Bar> Bars() const;

  uint64_t count() const { return count_; }

  // The observation that a share `q` of all, from 0 to 1, does not exceed; exact for the largest.
  // NaN when nothing was recorded.
  double QuantileSeconds(double q) const;

  // Exact; NaN when nothing was recorded.
  double MaxSeconds() const;
  double MeanSeconds() const;

 private:
  int Shift(uint64_t value) const;
  size_t BucketOf(uint64_t value) const;
  uint64_t Low(size_t bucket) const;
  double Middle(size_t bucket) const;

  int part_bits_;
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
