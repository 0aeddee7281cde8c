// SPDX-License-Identifier: Apache-2.0

// Finds the activation that a subgraph computes, however an exporter wrote it.
//
// The function is evaluated in double precision at some 150 points (0, both tails up to 1e4, a grid
// over [-12, 12], and both sides of every place where it changes its branch) and compared with
// every activation of the table, whose parameters are tried from the constants in the graph. What
// agrees everywhere to about 2e-6 is what is served: the answer, not the spelling, decides. So a
// new activation in the table is found in decomposed form without a line here.

#ifndef HILLOCK_SERVER_CORE_ONNX_RECOGNITION_RECOGNIZE_H_
#define HILLOCK_SERVER_CORE_ONNX_RECOGNITION_RECOGNIZE_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/status.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/symbolic/expression.h"

namespace hillock::onnx {

// after(activation(before(x))).
struct Recognized {
  ScaleShift before;
  const activation::Spec* activation = nullptr;
  activation::Params params{};
  std::vector<float> slopes;  // of a per-unit activation, one a unit
  ScaleShift after;
};

// What `value` computes from its base, which has `units` elements; none when it is no activation of
// the table, made of more than Evaluator::kMaxAtoms operations, or different for each of more than
// 2048 units. Where several would do, the one without scaling around it is taken, then the first in
// the table. RESOURCE_EXHAUSTED when the budget has not the steps to find out.
// REQUIRES: the value's atom is not a base.
absl::StatusOr<std::optional<Recognized>> Recognize(const Expression& expression,
                                                    const Operand& value, size_t units,
                                                    Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_RECOGNITION_RECOGNIZE_H_
