#ifndef HILLOCK_SERVER_CORE_ENGINE_PRECISION_H_
#define HILLOCK_SERVER_CORE_ENGINE_PRECISION_H_

#include <cstddef>
#include <memory>

#include "server/core/base/status.h"
#include "server/core/engine/plan.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

// Rows that CheckPrecision() runs: FillCalibration's numbers, as the first layer is to meet them
// behind the model's normalization.
inline constexpr size_t kProbeRows = 64;

// Compares the answers of `plan`, which is `mlp` compiled with `options`, with those of f32 on the
// fallback. FAILED_PRECONDITION with the worst when bf16 moves one by more than
// options.precision_tolerance of 1 + the largest of its output; where one of the two is NaN or
// infinite and the other is not the same, that is further than any tolerance. OK at once for a plan
// in f32. INTERNAL when a run fails.
absl::Status CheckPrecision(const model::Mlp& mlp, const PlanOptions& options,
                            const std::shared_ptr<const Plan>& plan);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_PRECISION_H_
