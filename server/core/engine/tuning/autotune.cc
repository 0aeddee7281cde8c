// SPDX-License-Identifier: Apache-2.0

// Measures the dense part first, since whether the activation can be fused depends on it.
//
//   dense part   oneDNN against fallback at 1, 8 and 32 rows -> the bucket from which on oneDNN
//   pays
//                in another precision: its overall time against that of the best in f32
//   activation   fused against a split pass of the fallback, where the dense part of a full batch
//                is on oneDNN; else both as a split pass

#include "server/core/engine/tuning/autotune.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "server/core/base/aligned_buffer.h"
#include "server/core/base/background_thread.h"
#include "server/core/base/mutex.h"
#include "server/core/engine/tuning/calibration.h"
#include "server/core/engine/tuning/numeric_contract.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"

namespace hillock::engine {
namespace {

namespace onednn = kernel::onednn;
namespace fallback = kernel::fallback;
using activation::Params;

// Batches that are timed; buckets up to the next share the verdict.
constexpr std::array<size_t, 3> kTimedRows = {1, 8, 32};
constexpr size_t kLargest = kTimedRows.size() - 1;

constexpr int kRounds = 5;
constexpr double kLongSeconds = 1e-3;  // one round is enough when even the faster takes so long

// oneDNN's activation has to be faster by this to be worth its lesser exactness.
constexpr double kWorthwhile = 0.98;

// Its dense layer by this, in f32: the weights may have to be held twice, and where they come from
// memory the few runs that are timed differ by as much.
constexpr double kDenseWorthwhile = 0.95;

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The shortest time of each, after a run to warm up. Interleaved, so that a change of the clock
// rate or a busy machine slows all alike; the shortest, since disturbance only ever adds.
template <size_t kCount>
std::array<double, kCount> TimeInterleaved(const std::array<std::function<void()>, kCount>& works) {
  std::array<double, kCount> best;
  best.fill(std::numeric_limits<double>::infinity());
  for (const auto& work : works) work();
  for (int round = 0; round < kRounds; ++round) {
    YieldIfContended();
    for (size_t i = 0; i < kCount; ++i) best[i] = std::min(best[i], Seconds(works[i]));
    if (*std::ranges::min_element(best) > kLongSeconds) break;
  }
  return best;
}

// One layer on both backends, over calibration rows.
class LayerBenchmark {
 public:
  LayerBenchmark(const model::Layer& layer, std::unique_ptr<onednn::Dense> dense)
      : layer_(layer),
        onednn_(std::move(dense)),
        workspace_(onednn_->scratch_bytes()),
        fallback_(layer.inputs, layer.outputs, layer.weights, layer.bias),
        activation_(fallback::FindActivation(*layer.activation)),
        src_(kTimedRows[kLargest] * layer.inputs),
        onednn_dst_(kTimedRows[kLargest] * layer.outputs),
        fallback_dst_(kTimedRows[kLargest] * layer.outputs) {
    FillCalibration(src_.span());
  }

  // Seconds of the dense part for kTimedRows[i] on oneDNN and on the fallback.
  std::array<double, 2> TimeDense(size_t i) {
    onednn::Call call = onednn_->Bind(i, false, src_.data(), onednn_dst_.data(), workspace_);
    return TimeInterleaved<2>(
        {[&] { call.Run(); },
         [&] { fallback_.Run(src_.data(), fallback_dst_.data(), kTimedRows[i]); }});
  }

  // Whether both gave the same bits for the largest batch. REQUIRES: TimeDense(kLargest) was last.
  bool Agree() const {
    return std::memcmp(onednn_dst_.data(), fallback_dst_.data(),
                       onednn_dst_.size() * sizeof(float)) == 0;
  }

  // Seconds of the largest batch with the activation fused, and with the fallback's after it.
  // REQUIRES: the dense layer was made with its activation.
  std::array<double, 2> TimeFused() {
    const size_t rows = kTimedRows[kLargest];
    onednn::Call fused = onednn_->Bind(kLargest, true, src_.data(), onednn_dst_.data(), workspace_);
    onednn::Call plain =
        onednn_->Bind(kLargest, false, src_.data(), fallback_dst_.data(), workspace_);
    return TimeInterleaved<2>({[&] { fused.Run(); },
                               [&] {
                                 plain.Run();
                                 activation_(layer_.params, layer_.slopes.data(),
                                             fallback_dst_.data(), fallback_dst_.data(), rows,
                                             layer_.outputs);
                               }});
  }

 private:
  const model::Layer& layer_;
  std::unique_ptr<onednn::Dense> onednn_;
  onednn::Workspace workspace_;
  fallback::Dense fallback_;
  fallback::ActivationFn activation_;
  AlignedBuffer<float> src_;
  AlignedBuffer<float> onednn_dst_;
  AlignedBuffer<float> fallback_dst_;
};

// None where oneDNN cannot make the layer, or not so that it is batch-invariant.
std::optional<LayerBenchmark> MakeBenchmark(
    const model::Layer& layer, Precision precision,
    const std::optional<onednn::Algorithm>& fused = std::nullopt) {
  auto dense = onednn::Dense::Create(layer.inputs, layer.outputs, layer.weights, layer.bias,
                                     kTimedRows, fused, precision);
  if (!dense.ok() || !CheckBatchInvariance(**dense).ok()) return std::nullopt;
  return std::optional<LayerBenchmark>(std::in_place, layer, *std::move(dense));
}

// Times by kTimedRows, over those of the fallback.
using Ratios = std::array<double, kTimedRows.size()>;

Ratios TimeAll(LayerBenchmark& benchmark) {
  Ratios ratios;
  for (size_t i = 0; i < kTimedRows.size(); ++i) {
    const auto [onednn_seconds, fallback_seconds] = benchmark.TimeDense(i);
    ratios[i] = onednn_seconds / fallback_seconds;
  }
  return ratios;
}

// Where one backend has all batches, single rows count once, full batches twice.
double Overall(const Ratios& ratios) {
  return std::cbrt(ratios.front() * ratios.back() * ratios.back());
}

// What serves a dense layer best, and its times.
struct DenseSelection {
  size_t onednn_from = BackendSelection::kNever;
  Precision precision = Precision::kF32;
  Ratios ratios = {1, 1, 1};
};

// The first of kTimedRows from which on oneDNN is worth it; past the last where it never is.
size_t FirstWorthwhile(const Ratios& ratios) {
  size_t first = kTimedRows.size();
  while (first > 0 && ratios[first - 1] < kDenseWorthwhile) --first;
  return first;
}

DenseSelection TimeInF32(const model::Layer& layer) {
  auto benchmark = MakeBenchmark(layer, Precision::kF32);
  if (!benchmark) return {};
  DenseSelection dense{0, Precision::kF32, TimeAll(*benchmark)};
  size_t first = FirstWorthwhile(dense.ratios);
  if (!benchmark->Agree()) {
    first = Overall(dense.ratios) < kDenseWorthwhile ? 0 : kTimedRows.size();
  }
  std::fill_n(dense.ratios.begin(), first, 1.0);
  dense.onednn_from =
      first == kTimedRows.size() ? BackendSelection::kNever : BucketFor(kTimedRows[first]);
  return dense;
}

// `f32` is the best in f32.
DenseSelection TimeReduced(const model::Layer& layer, Precision precision,
                           const DenseSelection& f32) {
  auto benchmark = MakeBenchmark(layer, precision);
  if (!benchmark) return f32;
  const DenseSelection reduced{0, precision, TimeAll(*benchmark)};
  return Overall(reduced.ratios) < Overall(f32.ratios) ? reduced : f32;
}

// The faster backend for the split activation.
Backend TimeSplit(const model::Layer& layer, const onednn::Algorithm& algorithm) {
  const size_t rows = kTimedRows[kLargest];
  const size_t buckets[] = {rows};
  auto made = onednn::Activation::Create(algorithm, layer.outputs, layer.slopes, buckets);
  if (!made.ok()) return Backend::kFallback;
  AlignedBuffer<float> src(rows * layer.outputs);
  AlignedBuffer<float> dst(rows * layer.outputs);
  FillCalibration(src.span());
  onednn::Workspace workspace((*made)->scratch_bytes());
  onednn::Call call = (*made)->Bind(0, src.data(), dst.data(), workspace);
  const auto kernel = fallback::FindActivation(*layer.activation);
  const auto [onednn_seconds, fallback_seconds] = TimeInterleaved<2>(
      {[&] { call.Run(); },
       [&] {
         kernel(layer.params, layer.slopes.data(), src.data(), dst.data(), rows, layer.outputs);
       }});
  return onednn_seconds < kWorthwhile * fallback_seconds ? Backend::kOneDnn : Backend::kFallback;
}

// The faster backend for the activation: fused against split where it can be fused.
Backend TimeActivation(const model::Layer& layer, const DenseSelection& dense) {
  const auto algorithm = onednn::AlgorithmOf(*layer.activation, layer.params);
  if (!algorithm || layer.activation->name == activation::kIdentity) return Backend::kFallback;
  const bool dense_on_onednn = dense.onednn_from <= BucketFor(kTimedRows[kLargest]);
  if (dense_on_onednn && onednn::CanFuse(*algorithm)) {
    auto benchmark = MakeBenchmark(layer, dense.precision, algorithm);
    HILLOCK_CHECK(benchmark.has_value());
    const auto [fused, split] = benchmark->TimeFused();
    return fused < kWorthwhile * split ? Backend::kOneDnn : Backend::kFallback;
  }
  return TimeSplit(layer, *algorithm);
}

// What was measured in this process, by shape and activation. The weights do not matter for speed,
// and a key without them is what keeps a reloaded model's answers. The lock is held while
// measuring, so that two measurements do not disturb each other.
class TuningCache {
 public:
  BackendSelection Find(const model::Layer& layer, Precision precision)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(mutex_);
    const DenseSelection& dense = FindDense(layer, precision);
    const auto [activation, first] = activation_.try_emplace(
        {layer.inputs, layer.outputs, dense.precision, layer.activation->index, layer.params});
    if (first) activation->second = TimeActivation(layer, dense);
    return {dense.onednn_from, activation->second, dense.precision};
  }

 private:
  const DenseSelection& FindDense(const model::Layer& layer, Precision precision)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto [dense, first] = dense_.try_emplace({layer.inputs, layer.outputs, precision});
    if (!first) return dense->second;
    dense->second = precision == Precision::kF32
                        ? TimeInF32(layer)
                        : TimeReduced(layer, precision, FindDense(layer, Precision::kF32));
    return dense->second;
  }

  Mutex mutex_;
  std::map<std::tuple<size_t, size_t, Precision>, DenseSelection> dense_ ABSL_GUARDED_BY(mutex_);
  std::map<std::tuple<size_t, size_t, Precision, size_t, Params>, Backend> activation_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace

BackendSelection Autotune(const model::Layer& layer, Precision precision) {
  static TuningCache& cache = *new TuningCache();
  return cache.Find(layer, precision);
}

}  // namespace hillock::engine
