// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_ROW_COST_H_
#define HILLOCK_SERVER_LIFECYCLE_ROW_COST_H_

#include <algorithm>
#include <cstddef>
#include <memory>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"

namespace hillock::engine {
class Plan;
}

namespace hillock::lifecycle {

// Below so many rows in a block of heavy work, using another core is not worth it.
inline constexpr size_t kMinBlockRows = 8;

// What it takes to compute rows of a model on one core.
struct RowCost {
  Nanos first_row = 0;    // of a block, whatever its size: no block takes less
  Nanos row = 0;          // of each row of a large block
  size_t block_rows = 0;  // rows for which each tile takes at most kTimeSlice; >= kMinBlockRows

  // cost(rows) = max(first_row, rows x row)
  Nanos Of(size_t rows) const { return std::max(first_row, static_cast<Nanos>(rows) * row); }
};

// Measures that on the calling thread, with an executor of its own and rows of zeros. INTERNAL when
// a run fails.
absl::StatusOr<RowCost> MeasureRowCost(std::shared_ptr<const engine::Plan> plan,
                                       const Clock& clock);

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_ROW_COST_H_
