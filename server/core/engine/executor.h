// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_EXECUTOR_H_
#define HILLOCK_SERVER_CORE_ENGINE_EXECUTOR_H_

#include <cstddef>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "server/core/base/aligned_buffer.h"
#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/core/engine/bound_dense.h"
#include "server/core/engine/bound_row.h"
#include "server/core/engine/plan.h"
#include "server/core/engine/run.h"
#include "server/core/kernel/onednn.h"

namespace hillock::engine {

// A step with its place in the buffers: the bound form of each kind of step.
using BoundStep = std::variant<BoundDense, BoundRow>;

// Runs a plan: rows in, rows out. Owns every buffer and bound primitive, so a run takes no lock
// and allocates nothing beyond oneDNN's own bookkeeping. Not thread-safe: one per plan and thread.
// A row's answer does not depend on the rows beside it, unless the plan reads whole requests: then
// on those of its request.
class Executor {
 public:
  // `clock` must outlive this.
  Executor(std::shared_ptr<const Plan> plan, const Clock& clock);

  // Where the caller writes up to kMaxRows rows, [rows][inputs].
  float* input() { return input_.data(); }

  // An output of the last run, [rows][width], until the next; in the order of plan().outputs().
  const float* output(size_t index = 0) const { return outputs_[index]; }

  // Computes the first `rows` rows of input(), and leaves them normalized in place. A profiled run
  // splits every activation and looks at the health of its units; its answers are the same.
  // `requests` has the rows of each request, in their order; none: all are of one. Only a plan that
  // reads whole requests looks at it. INTERNAL when oneDNN reports an error.
  // REQUIRES: 1 <= rows <= kMaxRows, the sum of `requests` if there are any.
  absl::Status Run(size_t rows, bool profile, const YieldHook* hook = nullptr,
                   std::span<const size_t> requests = {});

  // One a step, about the last run.
  std::span<const StepReport> reports() const { return reports_; }

  const Plan& plan() const { return *plan_; }

 private:
  void Prepare(size_t rows, size_t padded);

  std::shared_ptr<const Plan> plan_;
  const Clock& clock_;
  kernel::onednn::Workspace workspace_;
  AlignedBuffer<float> input_;
  std::vector<AlignedBuffer<float>> buffers_;  // shared by the steps, see buffers.h
  std::vector<BoundStep> steps_;
  std::vector<StepReport> reports_;
  std::vector<const float*> outputs_;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_EXECUTOR_H_
