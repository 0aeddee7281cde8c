// SPDX-License-Identifier: Apache-2.0

// The buckets in which the inputs of activations and their derivatives are counted.

#ifndef HILLOCK_SERVER_CORE_ACTIVATION_DISTRIBUTION_H_
#define HILLOCK_SERVER_CORE_ACTIVATION_DISTRIBUTION_H_

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace hillock::activation {

// Of inputs: dense where functions bend, and wide enough to see what is far beyond.
inline constexpr std::array<double, 29> kInputBounds = {
    -32,  -16, -12, -8,  -7, -6, -5, -4, -3, -2, -1.5, -1, -0.5, -0.25, 0,
    0.25, 0.5, 1,   1.5, 2,  3,  4,  5,  6,  7,  8,    12, 16,   32};

// Of |f'|: the first bound is kVanishing, and 1 is where gradients neither shrink nor grow.
inline constexpr std::array<double, 12> kDerivativeBounds = {0.001, 0.003, 0.01, 0.03, 0.1, 0.25,
                                                             0.5,   0.75,  1,    1.25, 2,   5};

// Counts values by the first bound that is not below them. What is not finite is beyond all bounds,
// and not part of the sum.
template <const auto& Bounds>
struct Tally {
  std::array<uint32_t, Bounds.size() + 1> counts{};
  double sum = 0;

  void Add(double value) {
    const bool finite = std::isfinite(value);
    const auto bound = finite ? std::ranges::lower_bound(Bounds, value) : Bounds.end();
    ++counts[static_cast<size_t>(bound - Bounds.begin())];
    if (finite) sum += value;
  }
};

using InputTally = Tally<kInputBounds>;
using DerivativeTally = Tally<kDerivativeBounds>;

}  // namespace hillock::activation

#endif  // HILLOCK_SERVER_CORE_ACTIVATION_DISTRIBUTION_H_
