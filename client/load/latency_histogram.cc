// SPDX-License-Identifier: Apache-2.0
#include "client/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr int kBarBits = 3;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

double ToSeconds(double nanos) { return nanos / 1e9; }

}  // namespace

LatencyHistogram::LatencyHistogram(int part_bits)
    : part_bits_(part_bits), counts_(static_cast<size_t>(63 - part_bits + 1) << part_bits) {}

// Values of one bucket differ in their last `Shift` bits only.
int LatencyHistogram::Shift(uint64_t value) const {
  return std::max(0, static_cast<int>(std::bit_width(value)) - part_bits_ - 1);
}

size_t LatencyHistogram::BucketOf(uint64_t value) const {
  const int shift = Shift(value);
  return (static_cast<uint64_t>(shift) << part_bits_) + (value >> shift);
}

uint64_t LatencyHistogram::Low(size_t bucket) const {
  const uint64_t parts = uint64_t{1} << part_bits_;
  const uint64_t shift = bucket < 2 * parts ? 0 : bucket / parts - 1;
  return (bucket - shift * parts) << shift;
}

double LatencyHistogram::Middle(size_t bucket) const {
  return static_cast<double>(Low(bucket)) +
         static_cast<double>(Low(bucket + 1) - Low(bucket) - 1) / 2;
}

void LatencyHistogram::Record(Nanos latency) {
  const auto value = static_cast<uint64_t>(std::max<Nanos>(latency, 0));
  ++counts_[BucketOf(value)];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  HILLOCK_CHECK(part_bits_ == other.part_bits_);
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

// A bar takes 2^(part_bits - 3) buckets: whole ones, as powers of two begin at multiples of that.
std::vector<LatencyHistogram::Bar> LatencyHistogram::Bars() const {
  const size_t step = size_t{1} << (part_bits_ - kBarBits);
  std::vector<Bar> bars;
  for (size_t first = 0; first < counts_.size(); first += step) {
    uint64_t count = 0;
    for (size_t i = first; i < first + step; ++i) count += counts_[i];
    if (count == 0) continue;
    bars.push_back({ToSeconds(static_cast<double>(Low(first))),
                    ToSeconds(static_cast<double>(Low(first + step) - 1)), count});
  }
  return bars;
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
