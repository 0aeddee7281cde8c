// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_BOUND_DENSE_H_
#define HILLOCK_SERVER_CORE_ENGINE_BOUND_DENSE_H_

#include <cstddef>
#include <vector>

#include "server/core/engine/activation_pass.h"
#include "server/core/engine/dense_step.h"
#include "server/core/engine/run.h"
#include "server/core/kernel/onednn.h"

namespace hillock::engine {

// A dense step bound to its buffers. Movable; not thread-safe.
class BoundDense {
 public:
  // src: [kMaxRows][inputs], dst: [kMaxRows][outputs], not overlapping. All must outlive this.
  BoundDense(const DenseStep& step, const float* src, float* dst,
             kernel::onednn::Workspace& workspace);

  // Computes the first rows of dst and reports on it. oneDNN also reads and writes the rows up to
  // the bucket's. False when oneDNN reports an error.
  bool Run(const RunContext& run, StepReport& report);

 private:
  // oneDNN's calls for one bucket; empty where the fallback computes.
  struct Calls {
    kernel::onednn::Call dense;       // without the activation
    kernel::onednn::Call fused;       // with it
    kernel::onednn::Call activation;  // alone, in place
  };

  bool RunDense(const RunContext& run, StepReport& report);
  bool RunTile(const RunContext& run, size_t tile, bool fused);
  bool RunActivation(const RunContext& run);

  const DenseStep* step_;
  const float* src_;
  float* dst_;
  std::vector<Calls> buckets_;
  ActivationPass pass_;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_BOUND_DENSE_H_
