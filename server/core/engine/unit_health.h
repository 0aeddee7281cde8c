// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_UNIT_HEALTH_H_
#define HILLOCK_SERVER_CORE_ENGINE_UNIT_HEALTH_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/activation/distribution.h"

namespace hillock::engine {

// Watches one layer for units through which no gradient would flow: saturated ones, with |f'| <
// activation::kVanishing, and dead ones, which are saturated in every row of a window of batches.
// Works on the values that profiled batches show it.
// Not thread-safe.
class UnitHealth {
 public:
  // Profiled batches in a window, for a verdict on dead units.
  static constexpr size_t kWindow = 64;

  // slopes: [units] for a per-unit activation, else empty.
  UnitHealth(const activation::Spec& spec, const activation::Params& params,
             std::vector<float> slopes, size_t units);

  struct Sample {
    size_t elements = 0;                        // looked at
    size_t saturated = 0;                       // of them, those with |f'| < activation::kVanishing
    activation::InputTally inputs{};            // empty for a row function
    activation::DerivativeTally derivatives{};  // of |f'|
  };

  // Looks at the first rows of values [rows][units], about a thousand elements: pre-activations, or
  // the outputs of a row function.
  Sample Observe(const float* values, size_t rows);

  // After every kWindow-th batch, once: how many units were saturated in all rows of the window.
  std::optional<size_t> TakeDeadUnits();

 private:
  // |f'| of one element.
  double Derivative(float value, size_t unit) const;

  const activation::Spec& spec_;
  activation::Params params_;
  std::vector<float> slopes_;
  std::vector<char> alive_;  // by unit: some sampled row of this window was not saturated
  size_t batches_ = 0;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_UNIT_HEALTH_H_
