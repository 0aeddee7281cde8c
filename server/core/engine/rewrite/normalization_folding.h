// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_REWRITE_NORMALIZATION_FOLDING_H_
#define HILLOCK_SERVER_CORE_ENGINE_REWRITE_NORMALIZATION_FOLDING_H_

#include <cmath>
#include <span>

#include "server/core/model/mlp.h"

namespace hillock::engine {

// Errors of a layer's pre-activations in float against the same in double with the normalization
// before it: the largest |got - want| / (1 + |want|) over calibration rows and units.
struct FoldingErrors {
  double folded = 0;    // with the normalization in the layer's weights
  double separate = 0;  // with the normalization as a pass before it
};

// An error below which folding is accepted without comparison: a fifth of kRewriteTolerance, since
// the layers after it round, too.
inline constexpr double kFoldingTolerance = 2e-6;

// Measures `folded`, which is `plain` with the normalization in its weights.
//
// A calibration row is x = offset + z / scale, as float, with z in [-2, 2): two standard deviations
// of a standardized feature. Without folding, x - offset cancels before anything is multiplied.
// With it, W scale x and W scale offset are rounded first and cancel in the sum. So where |offset *
// scale| is far above |z|, as for a time stamp or a pressure in pascal, rounding exceeds the
// answer.
FoldingErrors MeasureFolding(std::span<const float> offset, std::span<const float> scale,
                             const model::Layer& plain, const model::Layer& folded);

// Whether folding keeps the answer: folded <= kFoldingTolerance, or finite and at most twice the
// separate error, as wide layers round by more than the tolerance however they are summed.
inline bool KeepsTheAnswer(const FoldingErrors& errors) {
  return errors.folded <= kFoldingTolerance ||
         (std::isfinite(errors.folded) && errors.folded <= 2 * errors.separate);
}

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_REWRITE_NORMALIZATION_FOLDING_H_
