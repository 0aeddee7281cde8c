// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/dense_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "server/core/engine/tuning/autotune.h"
#include "server/core/engine/tuning/numeric_contract.h"

namespace hillock::engine {
namespace {

namespace onednn = kernel::onednn;
namespace fallback = kernel::fallback;

using Notes = std::vector<std::string>;

DenseStep Outline(const model::Layer& layer) {
  DenseStep step;
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

// A backend that was asked for takes every bucket, and nothing is timed.
BackendSelection Select(const model::Layer& layer, const PlanOptions& options) {
  if (!options.backend) return Autotune(layer, options.precision);
  if (options.backend == Backend::kFallback) return {};
  return {0, Backend::kOneDnn, options.precision};
}

void Note(std::string_view layer, std::string_view what, const absl::Status& why, Notes& notes) {
  notes.push_back(fmt::format("layer '{}': {}: {}", layer, what, std::string(why.message())));
}

// On oneDNN, split and, where it can be, fused.
absl::Status AddOneDnnActivation(const PlanOptions& options, DenseStep& step) {
  const auto algorithm = onednn::AlgorithmOf(*step.activation, step.params);
  if (!algorithm) {
    return absl::UnimplementedError(
        fmt::format("oneDNN has no algorithm for '{}'", step.activation->name));
  }
  // Where all rows are finite it need not treat NaN and the infinities as the table does.
  if (options.allow_non_finite) {
    HILLOCK_RETURN_IF_ERROR(CheckNonFinite(*step.activation, step.params));
  }
  HILLOCK_ASSIGN_OR_RETURN(
      step.onednn_activation,
      onednn::Activation::Create(*algorithm, step.outputs, step.slopes, kBuckets));
  step.can_fuse = onednn::CanFuse(*algorithm);
  return absl::OkStatus();
}

void PlanActivation(const PlanOptions& options, DenseStep& step, Notes& notes) {
  if (step.activation->name == activation::kIdentity) return;
  if (step.selection.activation == Backend::kOneDnn) {
    const auto status = AddOneDnnActivation(options, step);
    if (status.ok()) return;
    Note(step.name, "activation on fallback", status, notes);
    step.selection.activation = Backend::kFallback;
  }
  step.fallback_activation = fallback::FindActivation(*step.activation);
}

absl::Status AddOneDnnDense(const model::Layer& layer, DenseStep& step) {
  const auto fused =
      step.can_fuse ? onednn::AlgorithmOf(*step.activation, step.params) : std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(
      auto dense, onednn::Dense::Create(layer.inputs, layer.outputs, layer.weights, layer.bias,
                                        std::span(kBuckets).subspan(step.selection.onednn_from),
                                        fused, step.selection.precision));
  HILLOCK_RETURN_IF_ERROR(CheckBatchInvariance(*dense));
  step.onednn_dense = std::move(dense);
  return absl::OkStatus();
}

// Tries what was selected, then oneDNN in f32, then the fallback. A try that fails leaves the step
// as it was: AddOneDnnDense() stores the layer last, after its check.
void PlanDense(const model::Layer& layer, DenseStep& step, Notes& notes) {
  if (step.selection.precision != Precision::kF32) {
    const auto status = AddOneDnnDense(layer, step);
    if (status.ok()) return;
    Note(layer.name, "dense part in f32", status, notes);
    step.selection.precision = Precision::kF32;
  }
  if (step.selection.uses_onednn()) {
    const auto status = AddOneDnnDense(layer, step);
    if (!status.ok()) {
      Note(layer.name, "dense part on fallback", status, notes);
      step.selection.onednn_from = BackendSelection::kNever;
    }
  }
  if (step.selection.uses_fallback()) {
    step.fallback_dense =
        std::make_unique<fallback::Dense>(layer.inputs, layer.outputs, layer.weights, layer.bias);
  }
}

}  // namespace

size_t DenseStep::bytes() const {
  return (onednn_dense ? onednn_dense->bytes() : 0) +
         (fallback_dense ? fallback_dense->bytes() : 0);
}

size_t DenseStep::scratch_bytes() const {
  return std::max(onednn_dense ? onednn_dense->scratch_bytes() : 0,
                  onednn_activation ? onednn_activation->scratch_bytes() : 0);
}

std::string DenseStep::Describe() const {
  std::string dense(BackendName(selection.dense_backend(0)));
  if (selection.uses_onednn() && selection.uses_fallback()) {
    dense += fmt::format(", onednn from {} rows", kBuckets[selection.onednn_from]);
  }
  if (precision() != Precision::kF32) dense += fmt::format(" {}", PrecisionName(precision()));
  std::string text = fmt::format("{} {}->{} (dense {}", activation->name, inputs, outputs, dense);
  if (!is_identity()) {
    text += fmt::format("; activation {}{}", BackendName(selection.activation),
                        can_fuse && selection.uses_onednn() ? ", fused" : "");
  }
  return text + ")";
}

// The activation comes first: whether it is on oneDNN decides whether the dense primitives are made
// with it.
DenseStep MakeDenseStep(const model::Layer& layer, const PlanOptions& options, Notes& notes) {
  DenseStep step = Outline(layer);
  step.selection = Select(layer, options);
  PlanActivation(options, step, notes);
  PlanDense(layer, step, notes);
  return step;
}

}  // namespace hillock::engine
