// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_BUFFERS_H_
#define HILLOCK_SERVER_CORE_ENGINE_BUFFERS_H_

#include <cstddef>
#include <vector>

#include "server/core/engine/plan.h"

namespace hillock::engine {

// Which buffer each step of a plan writes.
struct BufferPlan {
  std::vector<size_t> of_step;  // a position in `floats`
  std::vector<size_t> floats;   // of a row in each buffer
};

// Shares few buffers between the steps: a value keeps its buffer until its last reader has run, an
// output until the end of the run, and no step reads the buffer that it writes, but one that may
// write over a source and is the last to read it. A constant, which is written before the first
// run, has a buffer of its own. A chain of any length takes two. Thread-safety: pure.
BufferPlan PlanBuffers(const Plan& plan);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_BUFFERS_H_
