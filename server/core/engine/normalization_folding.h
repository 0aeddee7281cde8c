#ifndef HILLOCK_SERVER_CORE_ENGINE_NORMALIZATION_FOLDING_H_
#define HILLOCK_SERVER_CORE_ENGINE_NORMALIZATION_FOLDING_H_

#include <cmath>
#include <span>

#include "server/core/model/mlp.h"

namespace hillock::engine {

// How far sums in float are from those of the layer behind its normalization in double, as the
// largest |got - want| / (1 + |want|) over calibration rows and units.
struct FoldingErrors {
  double folded = 0;  // of the dense layer that holds the normalization
  double apart = 0;   // of normalizing first, as without folding
};

// What folding may be off without being compared with normalizing first: a fifth of
// kRewriteTolerance, since the layers after it round, too.
inline constexpr double kFoldingTolerance = 2e-6;

// Judges `folded`, which is `plain` with the normalization in its weights.
//
// A calibration row is x = offset + z / scale, as float, with z in [-2, 2): two standard deviations
// of a standardised feature. Folding moves the subtraction of `offset` behind the sum, and there
// the rounding of weight * scale * x is not cancelled as x - offset cancels it: with |offset *
// scale| far above |z|, as for a time stamp or a pressure in pascal, it takes over the answer.
FoldingErrors ProbeFolding(std::span<const float> offset, std::span<const float> scale,
                           const model::Layer& plain, const model::Layer& folded);

// Folding keeps the answer when it is within kFoldingTolerance, or finitely off and no more than
// twice as far as normalizing first is: wide layers lose more than that to rounding however they
// are summed.
inline bool KeepsTheAnswer(const FoldingErrors& errors) {
  return errors.folded <= kFoldingTolerance ||
         (std::isfinite(errors.folded) && errors.folded <= 2 * errors.apart);
}

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_NORMALIZATION_FOLDING_H_
