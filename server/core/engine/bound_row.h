// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_BOUND_ROW_H_
#define HILLOCK_SERVER_CORE_ENGINE_BOUND_ROW_H_

#include <cstddef>
#include <vector>

#include "server/core/engine/activation_pass.h"
#include "server/core/engine/row_step.h"
#include "server/core/engine/run.h"

namespace hillock::engine {

// A row step bound to its buffers. Movable; not thread-safe.
//
// It works block by block of rows, so that the activation finds them in a cache: it is fused then.
// A step that reads whole requests has a block for each. A profiled run makes the activation a pass
// of its own over all rows, as a split one. Between two blocks, and before a split activation, are
// yield points.
class BoundRow {
 public:
  // sources: [kMaxRows][width] each. dst: [kMaxRows][outputs], overlapping none of them but
  // one that the step may write over. All must outlive this. A constant is written to all rows of
  // dst here, which nobody else may write then.
  BoundRow(const RowStep& step, std::vector<const float*> sources, float* dst);

  // Computes the first rows of dst and reports on it. Those beyond, up to the bucket's, become 0:
  // oneDNN may read them. Always true.
  bool Run(const RunContext& run, StepReport& report);

 private:
  void RunBlocks(const RunContext& run, StepReport& report);
  size_t BlockRows(const RunContext& run, size_t block) const;
  void RunBlock(size_t first, size_t rows, bool activate);

  const RowStep* step_;
  std::vector<const float*> sources_;
  std::vector<const float*> block_;  // the sources of a block
  float* dst_;
  ActivationPass pass_;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_BOUND_ROW_H_
