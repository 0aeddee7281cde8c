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
      pass_(step, dst) {
  // Once for all runs, activation included: its buffer is nobody else's.
  if (step.is_constant()) RunBlock(0, kMaxRows, !step.is_identity());
}

bool BoundRow::Run(const RunContext& run, StepReport& report) {
  report = {};
  report.backend = Backend::kFallback;
  if (step_->is_constant()) return true;
  report.split = !step_->is_identity() && run.profile;
  RunBlocks(run, report);
  return pass_.Run(run, report, [&] {
    step_->Activate(dst_, run.rows);
    return true;
  });
}

// At least one row, however wide it is.
size_t BoundRow::BlockRows(const RunContext& run, size_t block) const {
  if (!step_->reads_whole_requests()) return std::max<size_t>(1, kBlockFloats / step_->outputs);
  return run.requests.empty() ? run.rows : run.requests[block];
}

void BoundRow::RunBlocks(const RunContext& run, StepReport& report) {
  const bool activate = !step_->is_identity() && !report.split;
  size_t rows = 0;
  for (size_t first = 0, block = 0; first < run.rows; first += rows, ++block) {
    if (first > 0) run.timer.YieldPoint();
    rows = std::min(BlockRows(run, block), run.rows - first);
    RunBlock(first, rows, activate);
    report.AddPart(run.timer.TakeElapsed());
  }
  std::fill(dst_ + run.rows * step_->outputs, dst_ + kBuckets[run.bucket] * step_->outputs, 0.0f);
}

void BoundRow::RunBlock(size_t first, size_t rows, bool activate) {
  for (size_t i = 0; i < sources_.size(); ++i) block_[i] = sources_[i] + first * step_->widths[i];
  float* const dst = dst_ + first * step_->outputs;
  std::visit([&](const auto& kernel) { kernel.Run(block_, dst, rows); }, step_->kernel);
  if (activate) step_->Activate(dst, rows);
}

}  // namespace hillock::engine
