// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_BLOCK_RUNNER_H_
#define HILLOCK_SERVER_SCHEDULING_BLOCK_RUNNER_H_

#include <cstddef>
#include <span>
#include <vector>

#include "server/core/base/clock.h"
#include "server/scheduling/admission.h"
#include "server/scheduling/block.h"

namespace hillock::engine {
struct YieldHook;
}

namespace hillock::metrics {
struct ReactorCells;
}

namespace hillock::scheduling {

// Runs blocks on one reactor, be they its own batcher's or another's: copies the rows into the
// executor, runs it, counts, and copies the answers out. Not thread-safe.
class BlockRunner {
 public:
  // One batch in `profile_every` of each model is profiled, the first included; 0 profiles none.
  // The references must outlive this; `admission` learns how long blocks take.
  BlockRunner(size_t reactor, size_t profile_every, Admission& admission,
              metrics::ReactorCells& cells, const Clock& clock)
      : reactor_(reactor),
        profile_every_(profile_every),
        admission_(admission),
        cells_(cells),
        clock_(clock) {}

  // `hook`, unless it is null, is called at yield points. It must not run a block of the same
  // model. Once this returns, a block of another batcher may be gone.
  void Run(Block& block, const engine::YieldHook* hook);

 private:
  // The rows of each request, for a plan that asks; until the next call.
  std::span<const size_t> RequestsOf(const Block& block);
  bool IsNextProfiled(lifecycle::ServedModel& model) const;
  void Gather(const Block& block) const;
  void Scatter(const Block& block) const;
  void Count(const Block& block);
  void CountSteps(const Block& block);

  const size_t reactor_;
  const size_t profile_every_;
  Admission& admission_;
  metrics::ReactorCells& cells_;
  const Clock& clock_;
  std::vector<size_t> requests_;
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_BLOCK_RUNNER_H_
