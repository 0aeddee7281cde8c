#include "server/core/engine/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/engine/rewrite.h"

namespace hillock::engine {
namespace {

namespace onednn = kernel::onednn;
namespace fallback = kernel::fallback;
using activation::Scope;

using Notes = std::vector<std::string>;

Step Outline(const model::Layer& layer) {
  Step step;
  step.name = layer.name;
  step.source = layer.source;
  step.inputs = layer.inputs;
  step.outputs = layer.outputs;
  step.activation = layer.activation;
  step.params = layer.params;
  step.slopes = layer.slopes;
  step.tiles = kernel::TilesOf(layer.inputs, layer.outputs);
  return step;
}

Choice Choose(const model::Layer& layer, const PlanOptions& options) {
  if (!options.backend) return ChooseByTiming(layer, options.precision);
  if (options.backend == Backend::kFallback) return {};
  return {0, Backend::kOneDnn, options.precision};
}

// Why the plan cannot be in bf16; empty when it can.
std::string_view ObstacleToBf16(const PlanOptions& options) {
  if (options.backend == Backend::kFallback) return "the fallback computes in f32 only";
  if (!options.has_fast_bf16) return "this CPU has neither AVX512_BF16 nor AMX";
  return "";
}

// The activation on oneDNN, alone and, where it can be, in the dense primitives.
absl::Status AddOneDnnActivation(const PlanOptions& options, Step& step) {
  const auto algorithm = onednn::AlgorithmOf(*step.activation, step.params);
  if (!algorithm) {
    return absl::UnimplementedError(
        fmt::format("oneDNN has no algorithm for '{}'", step.activation->name));
  }
  if (options.allow_non_finite) {
    HILLOCK_RETURN_IF_ERROR(CheckNonFinite(*step.activation, step.params));
  }
  HILLOCK_ASSIGN_OR_RETURN(
      step.onednn_activation,
      onednn::Activation::Create(*algorithm, step.outputs, step.slopes, kBuckets));
  step.can_fuse = onednn::CanFuse(*algorithm);
  return absl::OkStatus();
}

void PlanActivation(const PlanOptions& options, Step& step, Notes& notes) {
  if (step.activation->name == activation::kIdentity) return;
  if (step.choice.activation == Backend::kOneDnn) {
    const auto status = AddOneDnnActivation(options, step);
    if (status.ok()) return;
    notes.push_back(fmt::format("layer '{}': activation on fallback: {}", step.name,
                                std::string(status.message())));
    step.choice.activation = Backend::kFallback;
  }
  step.fallback_activation = fallback::FindActivation(*step.activation);
}

absl::Status AddOneDnnDense(const model::Layer& layer, Step& step) {
  const auto fused =
      step.can_fuse ? onednn::AlgorithmOf(*step.activation, step.params) : std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(
      auto dense, onednn::Dense::Create(layer.inputs, layer.outputs, layer.weights, layer.bias,
                                        std::span(kBuckets).subspan(step.choice.onednn_from), fused,
                                        step.choice.precision));
  HILLOCK_RETURN_IF_ERROR(CheckBatchInvariance(*dense));
  step.onednn_dense = std::move(dense);
  return absl::OkStatus();
}

void PlanDense(const model::Layer& layer, Step& step, Notes& notes) {
  if (step.choice.precision == Precision::kBf16) {
    const auto status = AddOneDnnDense(layer, step);
    if (status.ok()) return;
    notes.push_back(fmt::format("layer '{}': dense part in f32: {}", layer.name,
                                std::string(status.message())));
    step.choice.precision = Precision::kF32;
  }
  if (step.choice.onednn_from < Choice::kNever) {
    const auto status = AddOneDnnDense(layer, step);
    if (!status.ok()) {
      notes.push_back(fmt::format("layer '{}': dense part on fallback: {}", layer.name,
                                  std::string(status.message())));
      step.choice.onednn_from = Choice::kNever;
    }
  }
  if (step.choice.onednn_from > 0) {
    step.fallback_dense =
        std::make_unique<fallback::Dense>(layer.inputs, layer.outputs, layer.weights, layer.bias);
  }
}

}  // namespace

std::string Describe(const Step& step) {
  const size_t from = step.choice.onednn_from;
  std::string dense(BackendName(step.dense_backend(0)));
  if (from > 0 && from < Choice::kNever)
    dense += fmt::format(", onednn from {} rows", kBuckets[from]);
  if (step.choice.precision == Precision::kBf16) dense += " bf16";
  std::string text =
      fmt::format("{} {}->{} (dense {}", step.activation->name, step.inputs, step.outputs, dense);
  if (!step.is_identity()) {
    text += fmt::format("; activation {}{}", BackendName(step.choice.activation),
                        step.can_fuse && from < Choice::kNever ? ", fused" : "");
  }
  return text + ")";
}

std::shared_ptr<const Plan> Plan::Compile(const model::Mlp& mlp, const PlanOptions& options) {
  if (options.precision == Precision::kF32) return Build(mlp, options);
  std::string_view obstacle = ObstacleToBf16(options);
  if (obstacle.empty()) {
    auto plan = Build(mlp, options);
    if (options.backend || plan->precision() == Precision::kBf16) return plan;
    obstacle = "no layer is faster in bf16";
  }
  PlanOptions in_f32 = options;
  in_f32.precision = Precision::kF32;
  auto plan = Build(mlp, in_f32);
  plan->notes_.push_back(fmt::format("bf16 was asked for, served in f32: {}", obstacle));
  return plan;
}

std::shared_ptr<Plan> Plan::Build(const model::Mlp& mlp, const PlanOptions& options) {
  auto plan = std::make_shared<Plan>();
  if (options.rewrites()) {
    Rewritten rewritten = Rewrite(mlp, options.precision);
    plan->rewrites_ = std::move(rewritten.notes);
    plan->Add(rewritten.mlp, options);
  } else {
    plan->Add(mlp, options);
  }
  return plan;
}

void Plan::Add(const model::Mlp& mlp, const PlanOptions& options) {
  offset_ = mlp.offset;
  scale_ = mlp.scale;
  for (const model::Output& output : mlp.outputs) outputs_.push_back(output.source);
  for (const model::Layer& layer : mlp.layers) {
    YieldIfContended();
    Step step = Outline(layer);
    step.choice = Choose(layer, options);
    PlanActivation(options, step, notes_);
    PlanDense(layer, step, notes_);
    steps_.push_back(std::move(step));
  }
}

Precision Plan::precision() const {
  const bool any = std::ranges::any_of(
      steps_, [](const Step& step) { return step.choice.precision == Precision::kBf16; });
  return any ? Precision::kBf16 : Precision::kF32;
}

size_t Plan::bytes() const {
  size_t bytes = 0;
  for (const Step& step : steps_) {
    if (step.onednn_dense) bytes += step.onednn_dense->bytes();
    if (step.fallback_dense) bytes += step.fallback_dense->bytes();
  }
  return bytes;
}

size_t Plan::scratch_bytes() const {
  size_t bytes = 0;
  for (const Step& step : steps_) {
    if (step.onednn_dense) bytes = std::max(bytes, step.onednn_dense->scratch_bytes());
    if (step.onednn_activation) bytes = std::max(bytes, step.onednn_activation->scratch_bytes());
  }
  return bytes;
}

}  // namespace hillock::engine
