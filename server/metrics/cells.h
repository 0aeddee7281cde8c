// SPDX-License-Identifier: Apache-2.0

// The cells that hot paths write: plain numbers with one writer each, in shards of one reactor, so
// counting is a load and a store and no cache line is shared. A scrape reads them from another
// thread. It may see a batch half counted, but no counter that goes back, since each cell alone is
// read and written in one piece; that is all that relaxed order promises, and all that is needed.

#ifndef HILLOCK_SERVER_METRICS_CELLS_H_
#define HILLOCK_SERVER_METRICS_CELLS_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "server/core/activation/distribution.h"

namespace hillock::metrics {

// A count that only grows. One writer, any readers.
class Counter {
 public:
  void Add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Add(const Counter& other) { Add(other.Get()); }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// A number that goes up and down. One writer, any readers.
class Gauge {
 public:
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(const Gauge& other) { Set(Get() + other.Get()); }
  int64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Durations in nanoseconds: bounds 1, 1.5, 2, 3, 4, 6, 8 ... microseconds up to about 8 s, two an
// octave, each inclusive.
struct TimeScale {
  static constexpr size_t kBounds = 47;
  static constexpr double kUnit = 1e-9;  // of an exported value

  static constexpr uint64_t Bound(size_t i) { return (i % 2 == 0 ? 1000ull : 1500ull) << (i / 2); }
  // The first bound that is not below `nanos`; kBounds when all are.
  static constexpr size_t Index(uint64_t nanos) {
    const uint64_t halves = nanos == 0 ? 0 : (nanos - 1) / 500;
    if (halves < 2) return 0;
    const auto octave = static_cast<size_t>(std::bit_width(halves) - 1);
    const size_t index = 2 * octave - 1 + (halves >> (octave - 1) & 1);
    return index < kBounds ? index : kBounds;
  }
};

// Rows of a batch: bounds 1, 2, 4 ... 4096, each inclusive.
struct RowScale {
  static constexpr size_t kBounds = 13;
  static constexpr double kUnit = 1;

  static constexpr uint64_t Bound(size_t i) { return 1ull << i; }
  static constexpr size_t Index(uint64_t rows) {
    const auto index = rows < 2 ? size_t{0} : static_cast<size_t>(std::bit_width(rows - 1));
    return index < kBounds ? index : kBounds;
  }
};

// Counts values in the buckets of a scale. One writer, any readers.
template <class Scale>
class Histogram {
 public:
  void Observe(uint64_t value) {
    buckets_[Scale::Index(value)].Add(1);
    sum_.Add(value);
  }
  void Add(const Histogram& other) {
    for (size_t i = 0; i <= Scale::kBounds; ++i) buckets_[i].Add(other.buckets_[i]);
    sum_.Add(other.sum_);
  }
  uint64_t Bucket(size_t i) const { return buckets_[i].Get(); }  // i == kBounds: beyond them all
  uint64_t Sum() const { return sum_.Get(); }
  uint64_t Count() const {
    uint64_t count = 0;
    for (const Counter& bucket : buckets_) count += bucket.Get();
    return count;
  }

 private:
  std::array<Counter, Scale::kBounds + 1> buckets_;
  Counter sum_;
};

// A real number. One writer, any readers.
class Real {
 public:
  void Add(double n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Add(const Real& other) { Add(other.Get()); }
  double Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Counts real values by `Bounds`, each inclusive, as activation::Tally does. One writer, any
// readers.
template <const auto& Bounds>
class ValueHistogram {
 public:
  void Add(const activation::Tally<Bounds>& tally) {
    for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i].Add(tally.counts[i]);
    sum_.Add(tally.sum);
  }
  void Add(const ValueHistogram& other) {
    for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i].Add(other.buckets_[i]);
    sum_.Add(other.sum_);
  }
  uint64_t Bucket(size_t i) const { return buckets_[i].Get(); }  // the last: beyond all bounds
  double Sum() const { return sum_.Get(); }

 private:
  std::array<Counter, Bounds.size() + 1> buckets_;
  Real sum_;
};

using TimeHistogram = Histogram<TimeScale>;
using RowHistogram = Histogram<RowScale>;
using InputHistogram = ValueHistogram<activation::kInputBounds>;
using DerivativeHistogram = ValueHistogram<activation::kDerivativeBounds>;

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_CELLS_H_
