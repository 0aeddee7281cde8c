// SPDX-License-Identifier: Apache-2.0
#include "server/http/curve.h"

#include <cmath>
#include <cstddef>

#include "server/core/base/status.h"

namespace hillock::http {
namespace {

constexpr int kPointsPerUnit = 10;
constexpr int kHalf = static_cast<int>(Curve::kReach) * kPointsPerUnit;

}  // namespace

Curve CurveOf(const activation::Spec& spec, const activation::Params& params) {
  HILLOCK_CHECK(spec.scope != activation::Scope::kRow);
  Curve curve;
  bool was_flat = false;
  for (int i = -kHalf; i <= kHalf; ++i) {
    const double x = static_cast<double>(i) / kPointsPerUnit;
    curve.x.push_back(x);
    curve.y.push_back(spec.reference(x, params));
    const bool flat = std::abs(spec.derivative(x, params)) < activation::kVanishing;
    if (flat && !was_flat) curve.flat.emplace_back(x, x);
    if (flat) curve.flat.back().second = x;
    was_flat = flat;
  }
  return curve;
}

}  // namespace hillock::http
