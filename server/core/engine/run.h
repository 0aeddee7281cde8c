// SPDX-License-Identifier: Apache-2.0

// What the steps of one run share.

#ifndef HILLOCK_SERVER_CORE_ENGINE_RUN_H_
#define HILLOCK_SERVER_CORE_ENGINE_RUN_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "server/core/activation/backend.h"
#include "server/core/base/clock.h"
#include "server/core/engine/unit_health.h"

namespace hillock::engine {

// What one step of the last run did.
struct StepReport {
  Nanos layer = 0;                    // all of the step
  Nanos activation = 0;               // the split activation; 0 when it was fused
  Nanos longest_uninterruptible = 0;  // between two yield points
  bool split = false;                 // the activation was a pass of its own
  Backend backend{};                  // of the activation
  UnitHealth::Sample sample{};        // empty unless the run was profiled
  std::optional<size_t> dead_units;   // a new verdict, if this run completed one

  // A part that ran without a yield point in it.
  void AddPart(Nanos took) {
    layer += took;
    longest_uninterruptible = std::max(longest_uninterruptible, took);
  }
};

// What a run does at its yield points: between two steps, two tiles of one, or a step's dense part
// and its split activation. `then` is called at the first of them at which `after` has passed since
// the start or the last call. It must not use the executor.
struct YieldHook {
  Nanos after;
  std::function<void()> then;
};

// Measures the parts of one run. Every part ends with TakeElapsed(), so what happens at a yield
// point is in no part's time. Not thread-safe.
class RunTimer {
 public:
  // `clock`, and the hook if there is one, must outlive this.
  RunTimer(const Clock& clock, const YieldHook* hook)
      : clock_(clock), hook_(hook), part_start_(clock.Now()), yielded_(part_start_) {}

  // The time of the part that ends here; the next one begins.
  Nanos TakeElapsed() {
    const Nanos now = clock_.Now();
    return now - std::exchange(part_start_, now);
  }

  void YieldPoint() {
    if (hook_ == nullptr || part_start_ - yielded_ < hook_->after) return;
    hook_->then();
    yielded_ = part_start_ = clock_.Now();
  }

 private:
  const Clock& clock_;
  const YieldHook* const hook_;
  Nanos part_start_;
  Nanos yielded_;
};

struct RunContext {
  size_t rows;
  std::span<const size_t> requests;  // the rows of each, in their order; empty: of one alone
  size_t bucket;                     // BucketFor(rows)
  bool profile;
  RunTimer& timer;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_RUN_H_
