// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/bound_row.h"

#include <algorithm>
#include <utility>

#include "server/core/engine/buckets.h"

namespace hillock::engine {
namespace {

// Outputs of a block: 64 KB, which a second-level cache holds beside the sources.
constexpr size_t kBlockFloats = size_t{1} << 14;

}  // namespace

BoundRow::BoundRow(const RowStep& step, std::vector<const float*> sources, float* dst)
    : step_(&step),
      sources_(std::move(sources)),
      block_(sources_.size()),
      dst_(dst),
      health_(*step.activation, step.params, step.slopes, step.outputs) {
  if (step.is_constant()) RunBlock(0, kMaxRows, !step.is_identity());
}

// What a unit is judged by is said at BoundDense::Run().
bool BoundRow::Run(const RunContext& run, StepReport& report) {
  report = {};
  report.backend = Backend::kFallback;
  if (step_->is_constant()) return true;
  const bool by_row = step_->activation->scope == activation::Scope::kRow;
  report.split = !step_->is_identity() && run.profile;
  RunBlocks(run, report);
  if (run.profile && !by_row) Observe(run, report);
  if (report.split) {
    run.timer.YieldPoint();
    step_->Activate(dst_, run.rows);
    report.activation = run.timer.TakeElapsed();
    report.layer += report.activation;
    report.longest_uninterruptible = std::max(report.longest_uninterruptible, report.activation);
  }
  if (run.profile && by_row) Observe(run, report);
  return true;
}

void BoundRow::RunBlocks(const RunContext& run, StepReport& report) {
  const size_t most = std::max<size_t>(1, kBlockFloats / step_->outputs);
  const bool activate = !step_->is_identity() && !report.split;
  for (size_t first = 0; first < run.rows; first += most) {
    if (first > 0) run.timer.YieldPoint();
    RunBlock(first, std::min(most, run.rows - first), activate);
    const Nanos took = run.timer.TakeElapsed();
    report.layer += took;
    report.longest_uninterruptible = std::max(report.longest_uninterruptible, took);
  }
  std::fill(dst_ + run.rows * step_->outputs, dst_ + kBuckets[run.bucket] * step_->outputs, 0.0f);
}

void BoundRow::RunBlock(size_t first, size_t rows, bool activate) {
  for (size_t i = 0; i < sources_.size(); ++i) block_[i] = sources_[i] + first * step_->widths[i];
  float* const dst = dst_ + first * step_->outputs;
  std::visit([&](const auto& kernel) { kernel.Run(block_, dst, rows); }, step_->kernel);
  if (activate) step_->Activate(dst, rows);
}

void BoundRow::Observe(const RunContext& run, StepReport& report) {
  report.sample = health_.Observe(dst_, run.rows);
  report.dead_units = health_.TakeDeadUnits();
  run.timer.TakeElapsed();  // looking is not the step's time
}

}  // namespace hillock::engine
