// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/bound_dense.h"

#include "server/core/engine/buckets.h"

namespace hillock::engine {

BoundDense::BoundDense(const DenseStep& step, const float* src, float* dst,
                       kernel::onednn::Workspace& workspace)
    : step_(&step), src_(src), dst_(dst), buckets_(kBuckets.size()), pass_(step, dst) {
  // For every bucket, now: binding allocates, and a run must not.
  for (size_t b = 0; b < kBuckets.size(); ++b) {
    Calls& calls = buckets_[b];
    if (step.selection.dense_backend(b) == Backend::kOneDnn) {
      const size_t primitive = b - step.selection.onednn_from;  // made from that bucket on
      calls.dense = step.onednn_dense->Bind(primitive, false, src, dst, workspace);
      if (step.can_fuse) {
        calls.fused = step.onednn_dense->Bind(primitive, true, src, dst, workspace);
      }
    }
    if (step.onednn_activation) {
      calls.activation = step.onednn_activation->Bind(b, dst, dst, workspace);
    }
  }
}

bool BoundDense::Run(const RunContext& run, StepReport& report) {
  report = {};
  report.backend = step_->activation_backend(run.bucket);
  report.split = !step_->is_identity() && (run.profile || !step_->is_fused(run.bucket));
  if (!RunDense(run, report)) return false;
  return pass_.Run(run, report, [&] { return RunActivation(run); });
}

// The longest tile is reported: a reactor cannot look up within one, so it bounds the rows of a
// block.
bool BoundDense::RunDense(const RunContext& run, StepReport& report) {
  for (size_t tile = 0; tile < step_->tiles.size(); ++tile) {
    if (tile > 0) run.timer.YieldPoint();
    if (!RunTile(run, tile, !report.split)) return false;
    report.AddPart(run.timer.TakeElapsed());
  }
  return true;
}

bool BoundDense::RunTile(const RunContext& run, size_t tile, bool fused) {
  if (step_->selection.dense_backend(run.bucket) == Backend::kOneDnn) {
    Calls& calls = buckets_[run.bucket];
    return (fused && step_->can_fuse ? calls.fused : calls.dense).RunTile(tile);
  }
  step_->fallback_dense->RunTile(step_->tiles[tile], src_, dst_, run.rows);
  return true;
}

bool BoundDense::RunActivation(const RunContext& run) {
  if (step_->onednn_activation) return buckets_[run.bucket].activation.Run();
  step_->fallback_activation(step_->params, step_->slopes.data(), dst_, dst_, run.rows,
                             step_->outputs);
  return true;
}

}  // namespace hillock::engine
