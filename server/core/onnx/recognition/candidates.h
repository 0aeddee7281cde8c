// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_RECOGNITION_CANDIDATES_H_
#define HILLOCK_SERVER_CORE_ONNX_RECOGNITION_CANDIDATES_H_

#include <functional>
#include <optional>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/onnx/reading/budget.h"

namespace hillock::onnx {

// The parameter values to try for an activation in a graph with certain constants: each constant,
// its negative and its inverse, and products and quotients of two. Not thread-safe.
class Candidates {
 public:
  // The budget must outlive this.
  Candidates(const std::vector<double>& constants, Budget& budget);

  // The first that `fits`, of the defaults and then every candidate within the activation's ranges.
  // None when the budget has run out of steps.
  std::optional<activation::Params> Find(
      const activation::Spec& spec,
      const std::function<bool(const activation::Params&)>& fits) const;

 private:
  std::vector<float> values_;
  Budget& budget_;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_RECOGNITION_CANDIDATES_H_
