// SPDX-License-Identifier: Apache-2.0
#include "client/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

namespace hillock::client {
namespace {

constexpr int kPartBits = 7;
constexpr uint64_t kParts = uint64_t{1} << kPartBits;
constexpr size_t kBuckets = (63 - kPartBits + 1) * kParts;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

double ToSeconds(double nanos) { return nanos / 1e9; }

// Values of one bucket differ in their last `Shift` bits only.
int Shift(uint64_t value) {
  return std::max(0, static_cast<int>(std::bit_width(value)) - kPartBits - 1);
}

size_t BucketOf(uint64_t value) {
  const int shift = Shift(value);
  return static_cast<uint64_t>(shift) * kParts + (value >> shift);
}

double Middle(size_t bucket) {
  const uint64_t shift = bucket < 2 * kParts ? 0 : bucket / kParts - 1;
  const uint64_t low = (bucket - shift * kParts) << shift;
  const uint64_t width = uint64_t{1} << shift;
  return static_cast<double>(low) + static_cast<double>(width - 1) / 2;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : counts_(kBuckets) {}

void LatencyHistogram::Record(Nanos latency) {
  const auto value = static_cast<uint64_t>(std::max<Nanos>(latency, 0));
  ++counts_[BucketOf(value)];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

double LatencyHistogram::QuantileSeconds(double q) const {
  if (count_ == 0) return kNothing;
  const auto rank = static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_)));
  if (rank >= count_) return MaxSeconds();
  uint64_t seen = 0;
  size_t bucket = 0;
  while (seen += counts_[bucket], seen < std::max<uint64_t>(rank, 1)) ++bucket;
  return std::min(ToSeconds(Middle(bucket)), MaxSeconds());
}

double LatencyHistogram::MaxSeconds() const {
  return count_ == 0 ? kNothing : ToSeconds(static_cast<double>(max_));
}

double LatencyHistogram::MeanSeconds() const {
  return count_ == 0 ? kNothing
                     : ToSeconds(static_cast<double>(sum_) / static_cast<double>(count_));
}

}  // namespace hillock::client
