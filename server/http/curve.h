// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_CURVE_H_
#define HILLOCK_SERVER_HTTP_CURVE_H_

#include <utility>
#include <vector>

#include "server/core/activation/activation.h"

namespace hillock::http {

// An activation as it is drawn, computed from its row of the table.
struct Curve {
  // Where it is drawn: the range in which activation::kInputBounds are dense.
  static constexpr double kReach = 8;

  std::vector<double> x;  // from -kReach to kReach, at equal distances
  std::vector<double> y;  // NaN where the function is not defined
  std::vector<std::pair<double, double>>
      flat;  // stretches of x where |f'| < activation::kVanishing
};

// REQUIRES: not a row function.
Curve CurveOf(const activation::Spec& spec, const activation::Params& params);

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_CURVE_H_
