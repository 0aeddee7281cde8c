#include "server/engine/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace hillock::engine {
namespace {

namespace onednn = kernel::onednn;
namespace fallback = kernel::fallback;
using activation::Spec;

constexpr std::array<size_t, 13> kBuckets = {1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256};

constexpr std::string_view kIdentity = "identity";

Step Outline(const model::Layer& layer) {
  Step step;
  step.name = layer.name;
  step.inputs = layer.inputs;
  step.outputs = layer.outputs;
  step.activation = layer.activation;
  step.params = layer.params;
  step.slopes = layer.slopes;
  return step;
}

void UseFallbackActivation(Step& step) {
  step.fused = false;
  step.activation_backend = Backend::kFallback;
  step.fallback_activation = fallback::FindActivation(*step.activation);
}

void UseFallbackDense(const model::Layer& layer, Step& step) {
  step.dense_backend = Backend::kFallback;
  step.fallback_dense =
      std::make_unique<fallback::Dense>(layer.inputs, layer.outputs, layer.weights, layer.bias);
}

// The activation as a pass of its own on oneDNN.
absl::Status AddOneDnnActivation(const std::optional<onednn::Algorithm>& form, Step& step) {
  if (!form) {
    return absl::UnimplementedError(
        fmt::format("oneDNN has no algorithm for '{}'", step.activation->name));
  }
  HILLOCK_ASSIGN_OR_RETURN(step.onednn_activation,
                           onednn::Activation::Create(*form, step.outputs, step.slopes, kBuckets));
  return absl::OkStatus();
}

// Whether a row's answer is the same in every bucket: measured true of oneDNN's packed kernels, and
// false of its plain gemm, which sums in another order for one row than for many.
bool IsBatchInvariant(const onednn::Dense& dense) {
  return dense.implementation().starts_with("brg");
}

absl::Status AddOneDnnDense(const model::Layer& layer,
                            const std::optional<onednn::Algorithm>& fused, Step& step) {
  HILLOCK_ASSIGN_OR_RETURN(
      auto dense, onednn::Dense::Create(layer.inputs, layer.outputs, layer.weights, layer.bias,
                                        kBuckets, fused));
  if (!IsBatchInvariant(*dense)) {
    return absl::FailedPreconditionError(fmt::format(
        "oneDNN's {} answers a row differently in different batches", dense->implementation()));
  }
  step.onednn_dense = std::move(dense);
  return absl::OkStatus();
}

// Plans a layer on oneDNN as far as that goes, and the rest on the fallback.
Step PlanOnOneDnn(const model::Layer& layer, std::vector<std::string>& notes) {
  Step step = Outline(layer);
  const auto form = onednn::AlgorithmOf(*layer.activation, layer.params);
  const bool identity = layer.activation->name == kIdentity;
  const auto fused = !identity && form && onednn::CanFuse(*form) ? form : std::nullopt;
  if (const auto status = AddOneDnnDense(layer, fused, step); !status.ok()) {
    notes.push_back(fmt::format("layer '{}': dense part on fallback: {}", layer.name,
                                std::string(status.message())));
    UseFallbackDense(layer, step);
  }
  step.fused = identity || (fused && step.onednn_dense);
  if (identity) return step;
  if (const auto status = AddOneDnnActivation(form, step); !status.ok()) {
    if (form)
      notes.push_back(fmt::format("layer '{}': activation on fallback: {}", layer.name,
                                  std::string(status.message())));
    UseFallbackActivation(step);
  }
  return step;
}

Step PlanOnFallback(const model::Layer& layer) {
  Step step = Outline(layer);
  UseFallbackDense(layer, step);
  step.activation_backend = Backend::kFallback;
  step.fused = layer.activation->name == kIdentity;
  if (!step.fused) UseFallbackActivation(step);
  return step;
}

}  // namespace

std::string_view BackendName(Backend backend) {
  return backend == Backend::kOneDnn ? "onednn" : "fallback";
}

std::shared_ptr<const Plan> Plan::Compile(const model::Mlp& mlp, const PlanOptions& options) {
  auto plan = std::make_shared<Plan>();
  plan->offset_ = mlp.offset;
  plan->scale_ = mlp.scale;
  for (const model::Layer& layer : mlp.layers) {
    plan->steps_.push_back(options.backend == Backend::kFallback
                               ? PlanOnFallback(layer)
                               : PlanOnOneDnn(layer, plan->notes_));
  }
  return plan;
}

std::span<const size_t> Plan::buckets() { return kBuckets; }

size_t Plan::BucketFor(size_t rows) {
  return static_cast<size_t>(std::ranges::lower_bound(kBuckets, rows) - kBuckets.begin());
}

size_t Plan::bytes() const {
  size_t bytes = 0;
  for (const Step& step : steps_) {
    bytes += step.onednn_dense ? step.onednn_dense->bytes() : step.fallback_dense->bytes();
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
