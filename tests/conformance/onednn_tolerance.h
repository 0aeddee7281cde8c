// SPDX-License-Identifier: Apache-2.0

// What oneDNN holds itself to for its activations in f32 (its tests/benchdnn/eltwise and
// tests/benchdnn/softmax), at arguments up to activation::kAbsoluteErrorRange.

#ifndef HILLOCK_TESTS_CONFORMANCE_ONEDNN_TOLERANCE_H_
#define HILLOCK_TESTS_CONFORMANCE_ONEDNN_TOLERANCE_H_

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "server/core/activation/activation.h"

namespace hillock::testing {

// |got - want| <= relative * |want| + absolute.
struct OneDnnTolerance {
  double relative = 0;
  double absolute = 0;

  // The error as a share of what is tolerated; infinite for an answer that is not a number.
  double ShareOf(float got, double want) const {
    const double error = std::abs(static_cast<double>(got) - want);
    if (std::isnan(error)) return std::numeric_limits<double>::infinity();
    return error / (relative * std::abs(want) + absolute);
  }
};

// The relative term is the one oneDNN states. It excuses absolute errors in regions of cancellation
// by conditions of their own for each algorithm; here one absolute term covers them, which was
// measured: 2^-17 is what softplus is off by where it should be next to nothing.
inline OneDnnTolerance OneDnnToleranceOf(const activation::Spec& spec) {
  constexpr std::string_view kComposed[] = {
      "eltwise_tanh",      "eltwise_gelu_tanh",  "eltwise_elu", "eltwise_swish",
      "eltwise_soft_relu", "eltwise_logsigmoid", "eltwise_mish"};
  const bool composed = std::ranges::count(kComposed, spec.onednn.algorithm) > 0;
  return {.relative = composed ? 4e-5 : 4e-6, .absolute = 8e-6};
}

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_CONFORMANCE_ONEDNN_TOLERANCE_H_
