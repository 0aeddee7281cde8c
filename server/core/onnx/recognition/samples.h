// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_RECOGNITION_SAMPLES_H_
#define HILLOCK_SERVER_CORE_ONNX_RECOGNITION_SAMPLES_H_

#include <cmath>
#include <cstddef>
#include <vector>

#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/symbolic/expression.h"

namespace hillock::onnx {

struct Sample {
  static constexpr double kNear = 4;  // how far "near 0" goes

  double x;
  double y;

  bool is_near() const { return std::abs(x) <= kNear; }
};

// The function of one element at some 150 points, non-finite values left out.
struct Samples {
  static constexpr double kRelative = 2e-6;  // of the value
  static constexpr double kOfSpan = 2e-7;    // of the largest value near 0

  std::vector<Sample> points;  // none of a function that is mostly not a number
  double span = 0;             // the largest value near 0

  // How far from a sample's value another may be to be taken for it.
  double Tolerance(const Sample& sample) const {
    return kRelative * std::abs(sample.y) + kOfSpan * span;
  }
  bool Agree(double got, const Sample& want) const {
    return std::abs(got - want.y) <= Tolerance(want);
  }
};

// The samples of each of the first `units` elements: at 0, both tails up to 1e4, a grid over
// [-12, 12], and both sides of every place where the first one changes its branch.
//
// Stops early when the budget runs out of steps.
std::vector<Samples> Take(Evaluator& function, size_t units, Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_RECOGNITION_SAMPLES_H_
