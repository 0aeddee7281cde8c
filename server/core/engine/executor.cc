// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/core/engine/buckets.h"
#include "server/core/engine/buffers.h"

namespace hillock::engine {
namespace {

// Binds a step of any kind to the buffers of the values that it reads and of its own.
struct StepBinder {
  const model::ValueMap<float*>& values;
  float* dst;
  kernel::onednn::Workspace& workspace;

  BoundStep operator()(const DenseStep& step) const {
    return BoundDense(step, values[step.source], dst, workspace);
  }
  BoundStep operator()(const RowStep& step) const {
    std::vector<const float*> sources;
    sources.reserve(step.operands.size());
    for (const ValueId operand : step.operands) sources.push_back(values[operand]);
    return BoundRow(step, std::move(sources), dst);
  }
};

}  // namespace

Executor::Executor(std::shared_ptr<const Plan> plan, const Clock& clock)
    : plan_(std::move(plan)),
      clock_(clock),
      workspace_(plan_->scratch_bytes()),
      input_(plan_->inputs() * kMaxRows),
      reports_(plan_->steps().size()) {
  // Buffers have kMaxRows rows, so a value has the same address in a run of any bucket: that is
  // what lets every primitive be bound here, once. Steps are bound in the order of the plan, in
  // which the values that a step reads come before it.
  const BufferPlan shared = PlanBuffers(*plan_);
  for (const size_t floats : shared.floats) buffers_.emplace_back(floats * kMaxRows);
  model::ValueMap<float*> values(plan_->steps().size());
  values[ValueId::kInput] = input_.data();
  for (size_t i = 0; i < plan_->steps().size(); ++i) {
    float* const dst = buffers_[shared.of_step[i]].data();
    values[model::OutputOf(i)] = dst;
    steps_.push_back(std::visit(StepBinder{values, dst, workspace_}, plan_->steps()[i]));
  }
  for (const ValueId value : plan_->outputs()) outputs_.push_back(values[value]);
}

// oneDNN's primitives compute all rows of their bucket. Rows beyond the batch are zeroed, so that a
// run's time does not depend on what an earlier batch left there; their results are never read.
void Executor::Prepare(size_t rows, size_t padded) {
  const size_t inputs = plan_->inputs();
  if (!plan_->offset().empty()) {
    kernel::fallback::Normalize(plan_->offset().data(), plan_->scale().data(), input(), input(),
                                rows, inputs);
  }
  std::fill(input() + rows * inputs, input() + padded * inputs, 0.0f);
}

absl::Status Executor::Run(size_t rows, bool profile, const YieldHook* hook,
                           std::span<const size_t> requests) {
  RunTimer timer(clock_, hook);
  const RunContext run{rows, requests, BucketFor(rows), profile, timer};
  Prepare(rows, kBuckets[run.bucket]);
  // No yield point stands before the first step or after the last: the caller has just looked at
  // the network, or is about to answer. A run keeps nothing for the next but the health of units,
  // so one that failed half way does not spoil it.
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (i > 0) timer.YieldPoint();
    const bool done = std::visit([&](auto& step) { return step.Run(run, reports_[i]); }, steps_[i]);
    if (!done) {
      return absl::InternalError(
          fmt::format("layer '{}': oneDNN failed on {} rows", NameOf(plan_->steps()[i]), rows));
    }
  }
  return absl::OkStatus();
}

}  // namespace hillock::engine
