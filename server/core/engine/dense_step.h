// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_DENSE_STEP_H_
#define HILLOCK_SERVER_CORE_ENGINE_DENSE_STEP_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/activation/backend.h"
#include "server/core/engine/plan_options.h"
#include "server/core/engine/tuning/backend_selection.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"
#include "server/core/kernel/output_tiles.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

// The step of a dense layer: its dense part, then its activation. The activation runs in one of two
// ways: fused, inside oneDNN's dense primitive, or split, as a pass over the dense part's output,
// in place. Immutable once it is made.
struct DenseStep {
  std::string name;
  model::ValueId source = model::ValueId::kInput;
  size_t inputs = 0;
  size_t outputs = 0;
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes;  // [outputs] for a per-unit activation
  std::vector<kernel::OutputTile> tiles;

  BackendSelection selection;
  std::unique_ptr<kernel::onednn::Dense>
      onednn_dense;  // for kBuckets[selection.onednn_from] and up
  std::unique_ptr<kernel::fallback::Dense> fallback_dense;  // for the buckets below

  // The split activation. Where it can be fused it is here all the same, for profiled batches.
  // Both are null for identity.
  std::unique_ptr<kernel::onednn::Activation> onednn_activation;  // null on the fallback backend
  kernel::fallback::ActivationFn fallback_activation = nullptr;   // null on the oneDNN backend
  bool can_fuse = false;  // oneDNN's dense primitives exist with the activation, too

  bool is_identity() const { return !onednn_activation && fallback_activation == nullptr; }
  Backend activation_backend(size_t bucket) const {
    return is_identity() ? selection.dense_backend(bucket) : selection.activation;
  }
  // Whether the activation costs no pass.
  bool is_fused(size_t bucket) const {
    return is_identity() || (can_fuse && bucket >= selection.onednn_from);
  }

  // What every kind of step has, see step.h.
  std::span<const model::ValueId> sources() const { return {&source, 1}; }
  bool may_write_over(model::ValueId) const { return false; }
  Precision precision() const { return selection.precision; }
  bool is_constant() const { return false; }
  bool reads_whole_requests() const { return false; }
  size_t bytes() const;
  size_t scratch_bytes() const;

  // "relu 64->32 (dense fallback, onednn from 32 rows; activation onednn, fused)", or
  // "relu 784->512 (dense onednn bf16; activation fallback)".
  std::string Describe() const;
};

// Compiles a layer: selects its backends, packs weights and makes primitives. Where oneDNN was
// asked for and cannot make a primitive, or would break the numeric contract, the fallback takes
// its place; where a precision cannot be had, f32 does. Each adds a line to `notes`, for the log.
// REQUIRES: the layer is one of a valid Mlp.
DenseStep MakeDenseStep(const model::Layer& layer, const PlanOptions& options,
                        std::vector<std::string>& notes);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_DENSE_STEP_H_
