// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_PRECISION_CHECK_H_
#define HILLOCK_SERVER_CORE_ENGINE_PRECISION_CHECK_H_

#include <cstddef>
#include <memory>

#include "server/core/base/status.h"
#include "server/core/engine/plan.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

// Calibration rows that CheckPrecision() runs: numbers in [-2, 2) after the model's normalization.
inline constexpr size_t kCalibrationRows = 64;

// Compares the answers of `plan`, which is `mlp` compiled with `options`, with those of f32 on the
// fallback. FAILED_PRECONDITION, with the worst, unless for all of them
//
//   |got - want| <= options.tolerance() x (1 + largest |want| of the same column).
//
// NaN and infinities are further than any tolerance from anything but themselves. OK at once for a
// plan in f32. INTERNAL when a run fails.
absl::Status CheckPrecision(const model::Mlp& mlp, const PlanOptions& options,
                            const std::shared_ptr<const Plan>& plan);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_PRECISION_CHECK_H_
