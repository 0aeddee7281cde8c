// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/row_cost.h"

#include <iterator>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/engine/executor.h"
#include "server/lifecycle/time_slice.h"

namespace hillock::lifecycle {
namespace {

// A batch large enough to show what a row of many costs.
constexpr size_t kManyRows = 32;

// Runs of a plan on a clock of their own.
class CostProbe {
 public:
  CostProbe(std::shared_ptr<const engine::Plan> plan, const Clock& clock)
      : clock_(clock), executor_(std::move(plan), clock) {}

  // The time that a run of so many rows takes.
  absl::StatusOr<Nanos> Run(size_t rows) {
    std::fill_n(executor_.input(), rows * executor_.plan().inputs(), 0.0f);
    const engine::YieldHook hook{0, YieldIfContended};
    const Nanos start = clock_.Now();
    HILLOCK_RETURN_IF_ERROR(executor_.Run(rows, /*profile=*/false, &hook));
    return clock_.Now() - start;
  }

  // The first run of a size finds cold caches and page faults; the second is what serving sees.
  absl::StatusOr<Nanos> RunWarm(size_t rows) {
    HILLOCK_RETURN_IF_ERROR(Run(rows).status());
    return Run(rows);
  }

  // The longest time between two yield points of the last run.
  Nanos LongestUninterruptible() const {
    const auto longest =
        std::ranges::max(executor_.reports(), {}, &engine::StepReport::longest_uninterruptible);
    return std::max<Nanos>(longest.longest_uninterruptible, 1);
  }

 private:
  const Clock& clock_;
  engine::Executor executor_;
};

// Rounded up, so that no model is free.
Nanos CostOfEach(Nanos took, size_t rows) { return took / static_cast<Nanos>(rows) + 1; }

}  // namespace

absl::StatusOr<RowCost> MeasureRowCost(std::shared_ptr<const engine::Plan> plan,
                                       const Clock& clock) {
  CostProbe probe(std::move(plan), clock);
  RowCost cost;
  HILLOCK_ASSIGN_OR_RETURN(cost.first_row, probe.RunWarm(1));
  HILLOCK_ASSIGN_OR_RETURN(Nanos took, probe.RunWarm(kManyRows));
  cost.row = CostOfEach(took, kManyRows);
  // That time grows with the rows at most in proportion, so this many rows keep to a time slice.
  const auto fitting = static_cast<size_t>(static_cast<Nanos>(kManyRows) * kTimeSlice /
                                           probe.LongestUninterruptible());
  auto bucket =
      std::prev(std::ranges::upper_bound(engine::kBuckets, std::max(fitting, kMinBlockRows)));
  cost.block_rows = *bucket;
  // In a small block each row takes longer than in one of kManyRows, so what was measured there is
  // too low, and the block perhaps still too large: go down until a run confirms it.
  for (; cost.block_rows < kManyRows; cost.block_rows = *--bucket) {
    HILLOCK_ASSIGN_OR_RETURN(took, probe.Run(cost.block_rows));
    cost.row = CostOfEach(took, cost.block_rows);
    if (probe.LongestUninterruptible() <= kTimeSlice || cost.block_rows <= kMinBlockRows) break;
  }
  return cost;
}

}  // namespace hillock::lifecycle
