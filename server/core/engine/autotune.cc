#include "server/core/engine/autotune.h"

#include <fmt/format.h>

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
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/core/base/aligned_buffer.h"
#include "server/core/base/background_thread.h"
#include "server/core/base/mutex.h"
#include "server/core/engine/calibration.h"
#include "server/core/kernel/fallback.h"

namespace hillock::engine {
namespace {

namespace onednn = kernel::onednn;
namespace fallback = kernel::fallback;
using activation::Params;
using activation::Scope;
using activation::Spec;

// Batches that are timed; buckets up to the next share the verdict.
constexpr std::array<size_t, 3> kTimedRows = {1, 8, 32};
constexpr size_t kLargest = kTimedRows.size() - 1;

constexpr int kTurns = 5;
constexpr double kLongSeconds = 1e-3;  // one turn is enough when even the faster takes so long

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

// The shortest time of each, taken in turns after a run to warm up.
template <size_t kCount>
std::array<double, kCount> TimeInTurns(const std::array<std::function<void()>, kCount>& works) {
  std::array<double, kCount> best;
  best.fill(std::numeric_limits<double>::infinity());
  for (const auto& work : works) work();
  for (int turn = 0; turn < kTurns; ++turn) {
    YieldIfContended();
    for (size_t i = 0; i < kCount; ++i) best[i] = std::min(best[i], Seconds(works[i]));
    if (*std::ranges::min_element(best) > kLongSeconds) break;
  }
  return best;
}

// One layer on both backends, over calibration rows.
class Trial {
 public:
  Trial(const model::Layer& layer, std::unique_ptr<onednn::Dense> dense)
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
    return TimeInTurns<2>(
        {[&] { call.Run(); },
         [&] { fallback_.Run(src_.data(), fallback_dst_.data(), kTimedRows[i]); }});
  }

  // Whether both gave the same bits for the largest batch. REQUIRES: TimeDense(kLargest) was last.
  bool Agree() const {
    return std::memcmp(onednn_dst_.data(), fallback_dst_.data(),
                       onednn_dst_.size() * sizeof(float)) == 0;
  }

  // Seconds of the largest batch with the activation fused, and with the fallback's behind it.
  // REQUIRES: the dense layer was made with its activation.
  std::array<double, 2> TimeFused() {
    const size_t rows = kTimedRows[kLargest];
    onednn::Call fused = onednn_->Bind(kLargest, true, src_.data(), onednn_dst_.data(), workspace_);
    onednn::Call plain =
        onednn_->Bind(kLargest, false, src_.data(), fallback_dst_.data(), workspace_);
    return TimeInTurns<2>({[&] { fused.Run(); },
                           [&] {
                             plain.Run();
                             activation_(layer_.params, layer_.slopes.data(), fallback_dst_.data(),
                                         fallback_dst_.data(), rows, layer_.outputs);
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
std::optional<Trial> MakeTrial(const model::Layer& layer, Precision precision,
                               const std::optional<onednn::Algorithm>& fused = std::nullopt) {
  auto dense = onednn::Dense::Create(layer.inputs, layer.outputs, layer.weights, layer.bias,
                                     kTimedRows, fused, precision);
  if (!dense.ok() || !CheckBatchInvariance(**dense).ok()) return std::nullopt;
  return std::optional<Trial>(std::in_place, layer, *std::move(dense));
}

// Times by kTimedRows, over those of the fallback.
using Ratios = std::array<double, kTimedRows.size()>;

Ratios TimeAll(Trial& trial) {
  Ratios ratios;
  for (size_t i = 0; i < kTimedRows.size(); ++i) {
    const auto [onednn_seconds, fallback_seconds] = trial.TimeDense(i);
    ratios[i] = onednn_seconds / fallback_seconds;
  }
  return ratios;
}

// Where one takes all batches, single rows count once, full batches twice.
double Overall(const Ratios& ratios) {
  return std::cbrt(ratios.front() * ratios.back() * ratios.back());
}

// What serves a dense layer best, and its times.
struct DenseChoice {
  size_t onednn_from = Choice::kNever;
  Precision precision = Precision::kF32;
  Ratios ratios = {1, 1, 1};
};

// The first of kTimedRows from which on oneDNN is worth it; past the last where it never is.
size_t FirstWorthwhile(const Ratios& ratios) {
  size_t first = kTimedRows.size();
  while (first > 0 && ratios[first - 1] < kDenseWorthwhile) --first;
  return first;
}

DenseChoice TimeDense(const model::Layer& layer) {
  auto trial = MakeTrial(layer, Precision::kF32);
  if (!trial) return {};
  DenseChoice choice{0, Precision::kF32, TimeAll(*trial)};
  size_t first = FirstWorthwhile(choice.ratios);
  if (!trial->Agree()) first = Overall(choice.ratios) < kDenseWorthwhile ? 0 : kTimedRows.size();
  std::fill_n(choice.ratios.begin(), first, 1.0);
  choice.onednn_from = first == kTimedRows.size() ? Choice::kNever : BucketFor(kTimedRows[first]);
  return choice;
}

// `f32` is the best without bf16.
DenseChoice TimeBf16(const model::Layer& layer, const DenseChoice& f32) {
  auto trial = MakeTrial(layer, Precision::kBf16);
  if (!trial) return f32;
  const DenseChoice bf16{0, Precision::kBf16, TimeAll(*trial)};
  return Overall(bf16.ratios) < Overall(f32.ratios) ? bf16 : f32;
}

// Whether the activation's own pass is better off on oneDNN.
Backend TimeAlone(const model::Layer& layer, const onednn::Algorithm& algorithm) {
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
  const auto [onednn_seconds, fallback_seconds] = TimeInTurns<2>(
      {[&] { call.Run(); },
       [&] {
         kernel(layer.params, layer.slopes.data(), src.data(), dst.data(), rows, layer.outputs);
       }});
  return onednn_seconds < kWorthwhile * fallback_seconds ? Backend::kOneDnn : Backend::kFallback;
}

// Whether the activation is better off on oneDNN, alone or, where the dense part is there too, in
// it.
Backend TimeActivation(const model::Layer& layer, const DenseChoice& dense) {
  const auto algorithm = onednn::AlgorithmOf(*layer.activation, layer.params);
  if (!algorithm || layer.activation->name == activation::kIdentity) return Backend::kFallback;
  const bool dense_on_onednn = dense.onednn_from <= BucketFor(kTimedRows[kLargest]);
  if (dense_on_onednn && onednn::CanFuse(*algorithm)) {
    auto trial = MakeTrial(layer, dense.precision, algorithm);
    HILLOCK_CHECK(trial.has_value());
    const auto [fused, apart] = trial->TimeFused();
    return fused < kWorthwhile * apart ? Backend::kOneDnn : Backend::kFallback;
  }
  return TimeAlone(layer, *algorithm);
}

// What was measured in this process.
class Memory {
 public:
  Choice Recall(const model::Layer& layer, Precision precision) ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(mutex_);
    const DenseChoice& dense = RecallDense(layer, precision);
    const auto [activation, first] = activation_.try_emplace(
        {layer.inputs, layer.outputs, dense.precision, layer.activation->index, layer.params});
    if (first) activation->second = TimeActivation(layer, dense);
    return {dense.onednn_from, activation->second, dense.precision};
  }

 private:
  const DenseChoice& RecallDense(const model::Layer& layer, Precision precision)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto [dense, first] = dense_.try_emplace({layer.inputs, layer.outputs, precision});
    if (!first) return dense->second;
    dense->second = precision == Precision::kF32
                        ? TimeDense(layer)
                        : TimeBf16(layer, RecallDense(layer, Precision::kF32));
    return dense->second;
  }

  Mutex mutex_;
  std::map<std::tuple<size_t, size_t, Precision>, DenseChoice> dense_ ABSL_GUARDED_BY(mutex_);
  std::map<std::tuple<size_t, size_t, Precision, size_t, Params>, Backend> activation_
      ABSL_GUARDED_BY(mutex_);
};

bool SameValue(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// f of one row of two values by the reference.
std::array<float, 2> ReferenceOf(const Spec& spec, const Params& params,
                                 const std::array<float, 2>& x) {
  if (spec.scope != Scope::kRow) {
    return {static_cast<float>(spec.reference(x[0], params)),
            static_cast<float>(spec.reference(x[1], params))};
  }
  const std::array<double, 2> in = {x[0], x[1]};
  std::array<double, 2> out;
  spec.reference_row(in, out);
  return {static_cast<float>(out[0]), static_cast<float>(out[1])};
}

}  // namespace

absl::Status CheckBatchInvariance(const onednn::Dense& dense) {
  if (dense.implementation().starts_with("brg")) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "oneDNN's {} answers a row differently in different batches", dense.implementation()));
}

absl::Status CheckNonFinite(const Spec& spec, const Params& params) {
  const auto algorithm = onednn::AlgorithmOf(spec, params);
  if (!algorithm) {
    return absl::UnimplementedError(fmt::format("oneDNN has no algorithm for '{}'", spec.name));
  }
  constexpr float kInf = activation::kInfinity;
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const size_t one_row[] = {1};
  const float slopes[] = {params[0], params[0]};
  HILLOCK_ASSIGN_OR_RETURN(const auto activation,
                           onednn::Activation::Create(*algorithm, 2, slopes, one_row));
  onednn::Workspace workspace(activation->scratch_bytes());
  for (const float special : {kNan, kInf, -kInf}) {
    const std::array<float, 2> x = {special, 1.0f};
    std::array<float, 2> y{};
    HILLOCK_CHECK(activation->Bind(0, x.data(), y.data(), workspace).Run());
    const float want = ReferenceOf(spec, params, x)[0];
    if (SameValue(y[0], want)) continue;
    return absl::FailedPreconditionError(
        fmt::format("oneDNN {} makes {} of {}, want {}", algorithm->name, y[0], special, want));
  }
  return absl::OkStatus();
}

Choice ChooseByTiming(const model::Layer& layer, Precision precision) {
  static Memory& memory = *new Memory();
  return memory.Recall(layer, precision);
}

}  // namespace hillock::engine
