#include "server/core/engine/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/core/engine/buffers.h"

namespace hillock::engine {
namespace {

using activation::Scope;

}  // namespace

Executor::Executor(std::shared_ptr<const Plan> plan, const Clock& clock)
    : plan_(std::move(plan)),
      clock_(clock),
      workspace_(plan_->scratch_bytes()),
      input_(plan_->inputs() * kMaxRows),
      reports_(plan_->steps().size()) {
  const BufferPlan shared = PlanBuffers(*plan_);
  for (const size_t floats : shared.floats) buffers_.emplace_back(floats * kMaxRows);
  std::vector<float*> values{input_.data()};  // by number
  for (size_t i = 0; i < plan_->steps().size(); ++i) {
    const Step& step = plan_->steps()[i];
    values.push_back(buffers_[shared.of_step[i]].data());
    stages_.push_back(BindStage(step, values[step.source], values.back()));
  }
  for (const size_t value : plan_->outputs()) outputs_.push_back(values[value]);
}

Executor::Stage Executor::BindStage(const Step& step, const float* src, float* dst) {
  Stage stage{&step, src, dst, {}, {*step.activation, step.params, step.slopes, step.outputs}};
  stage.buckets.resize(kBuckets.size());
  for (size_t b = 0; b < kBuckets.size(); ++b) {
    Bound& bound = stage.buckets[b];
    if (step.dense_backend(b) == Backend::kOneDnn) {
      const size_t primitive = b - step.choice.onednn_from;
      bound.dense = step.onednn_dense->Bind(primitive, false, src, dst, workspace_);
      if (step.can_fuse) {
        bound.fused = step.onednn_dense->Bind(primitive, true, src, dst, workspace_);
      }
    }
    if (step.onednn_activation) {
      bound.activation = step.onednn_activation->Bind(b, dst, dst, workspace_);
    }
  }
  return stage;
}

void Executor::Prepare(size_t rows, size_t padded) {
  const size_t inputs = plan_->inputs();
  if (!plan_->offset().empty()) {
    kernel::fallback::Normalize(plan_->offset().data(), plan_->scale().data(), input(), input(),
                                rows, inputs);
  }
  std::fill(input() + rows * inputs, input() + padded * inputs, 0.0f);
}

absl::Status Executor::Run(size_t rows, bool profile, const Pause* pause) {
  slice_start_ = lap_start_ = clock_.Now();
  Prepare(rows, kBuckets[BucketFor(rows)]);
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (i > 0) MaybePause(pause);
    if (!RunStage(stages_[i], rows, profile, pause, reports_[i])) {
      return absl::InternalError(
          fmt::format("layer '{}': oneDNN failed on {} rows", stages_[i].step->name, rows));
    }
  }
  return absl::OkStatus();
}

Nanos Executor::Lap() {
  const Nanos now = clock_.Now();
  return now - std::exchange(lap_start_, now);
}

void Executor::MaybePause(const Pause* pause) {
  if (pause == nullptr || lap_start_ - slice_start_ < pause->after) return;
  pause->then();
  slice_start_ = lap_start_ = clock_.Now();
}

void Executor::Observe(Stage& stage, size_t rows, StepReport& report) {
  report.sample = stage.health.Observe(stage.dst, rows);
  report.dead_units = stage.health.TakeDeadUnits();
  Lap();  // looking is not the layer's time
}

bool Executor::RunStage(Stage& stage, size_t rows, bool profile, const Pause* pause,
                        StepReport& report) {
  const size_t bucket = BucketFor(rows);
  const Step& step = *stage.step;
  const bool by_row = step.activation->scope == Scope::kRow;
  report = {};
  report.backend = step.activation_backend(bucket);
  report.split = !step.is_identity() && (profile || !step.is_fused(bucket));
  if (!RunDense(stage, rows, pause, report)) return false;
  if (profile && !by_row) Observe(stage, rows, report);
  if (report.split) {
    MaybePause(pause);
    if (!RunActivation(stage, bucket, rows)) return false;
    report.activation = Lap();
    report.layer += report.activation;
    report.stretch = std::max(report.stretch, report.activation);
  }
  if (profile && by_row) Observe(stage, rows, report);
  return true;
}

bool Executor::RunDense(Stage& stage, size_t rows, const Pause* pause, StepReport& report) {
  for (size_t tile = 0; tile < stage.step->tiles.size(); ++tile) {
    if (tile > 0) MaybePause(pause);
    if (!RunTile(stage, tile, rows, !report.split)) return false;
    const Nanos took = Lap();
    report.layer += took;
    report.stretch = std::max(report.stretch, took);
  }
  return true;
}

bool Executor::RunTile(Stage& stage, size_t tile, size_t rows, bool fused) {
  const Step& step = *stage.step;
  const size_t bucket = BucketFor(rows);
  if (step.dense_backend(bucket) == Backend::kOneDnn) {
    Bound& bound = stage.buckets[bucket];
    return (fused && step.can_fuse ? bound.fused : bound.dense).RunTile(tile);
  }
  step.fallback_dense->RunTile(step.tiles[tile], stage.src, stage.dst, rows);
  return true;
}

bool Executor::RunActivation(Stage& stage, size_t bucket, size_t rows) {
  const Step& step = *stage.step;
  if (step.onednn_activation) return stage.buckets[bucket].activation.Run();
  step.fallback_activation(step.params, step.slopes.data(), stage.dst, stage.dst, rows,
                           step.outputs);
  return true;
}

}  // namespace hillock::engine
