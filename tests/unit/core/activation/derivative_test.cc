// SPDX-License-Identifier: Apache-2.0

// The derivatives against the references, and the saturation bounds against the derivatives.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/random.h"
#include "tests/unit/core/activation/each_activation.h"

namespace hillock::activation {
namespace {

using ::hillock::testing::Random;

// Every parameter at its default, and at some values across its range.
std::vector<Params> ParamsOf(const Spec& spec) {
  std::vector<Params> all = {*ResolveParams(spec, {})};
  for (size_t i = 0; i < spec.param_count; ++i) {
    for (const float value : {-2.0f, -0.3f, 0.0f, 0.7f, 3.0f}) {
      if (value < spec.params[i].low || value > spec.params[i].high) continue;
      all.push_back(all.front());
      all.back()[i] = value;
    }
  }
  return all;
}

class Derivative : public EachActivation {
 protected:
  static constexpr double kStep = 1e-5;

  static double Numeric(double x, const Params& params) {
    return (spec().reference(x + kStep, params) - spec().reference(x - kStep, params)) /
           (2 * kStep);
  }

  static bool IsInDomain(double x, const Params& params) {
    return !std::isnan(spec().reference(x - kStep, params)) &&
           !std::isnan(spec().reference(x + kStep, params));
  }

  // Whether f' jumps within a step of x, or f has a pole there: a central difference says nothing.
  static bool HasKink(double x, const Params& params) {
    const double left = spec().derivative(x - kStep, params);
    const double right = spec().derivative(x + kStep, params);
    const double jump = spec().reference(x + kStep, params) - spec().reference(x - kStep, params);
    const double much = 2e-3 * (1 + std::abs(left));
    return std::abs(right - left) > much || std::abs(jump) > much;
  }
};

TEST_P(Derivative, IsTheSlopeOfTheReference) {
  constexpr uint32_t kSeed = 3;
  Random random(kSeed);
  size_t kinks = 0;
  for (const Params& params : ParamsOf(spec())) {
    for (int i = 0; i < 2000; ++i) {
      const double x = random.Float(-12, 12);
      if (!IsInDomain(x, params)) continue;
      if (HasKink(x, params)) {
        ++kinks;
        continue;
      }
      const double want = Numeric(x, params);
      EXPECT_NEAR(spec().derivative(x, params), want, 1e-6 * (1 + std::abs(want)))
          << spec().name << " at " << x << ", parameters " << params[0] << ", " << params[1]
          << ", seed " << kSeed;
    }
  }
  EXPECT_LT(kinks, 20u) << "the test looks away too often";
}

TEST_P(Derivative, IsFiniteWhereverTheArgumentIs) {
  for (const double x : {-3.4e38, -1e10, -800.0, -100.0, -0.0, 0.0, 1e-40, 100.0, 800.0}) {
    if (std::isnan(spec().reference(x, defaults()))) continue;
    EXPECT_FALSE(std::isnan(spec().derivative(x, defaults()))) << spec().name << " at " << x;
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Derivative, ::testing::ValuesIn(Pointers(false)), NameOf);

// A row function's derivative is that of an output by its own input.
TEST(RowDerivative, IsTheSlopeOfTheReference) {
  for (const Spec& spec : All()) {
    if (spec.scope != Scope::kRow) continue;
    Random random(5);
    std::vector<double> x(7);
    for (double& value : x) value = random.Float(-3, 3);
    for (size_t i = 0; i < x.size(); ++i) {
      constexpr double kStep = 1e-6;
      const auto at = [&](double shift) {
        std::vector<double> moved = x;
        std::vector<double> y(x.size());
        moved[i] += shift;
        spec.reference_row(moved, y);
        return y[i];
      };
      EXPECT_NEAR(spec.derivative(at(0), {}), (at(kStep) - at(-kStep)) / (2 * kStep), 1e-7)
          << spec.name << ", output " << i;
    }
  }
}

class SaturationOf : public EachActivation {
 protected:
  static constexpr double kFar = 1e6;
  static constexpr double kPrecision = 1e-3;
  static constexpr double kRelativePrecision = 1e-5;

  static double PrecisionAt(double x) {
    return std::max(kPrecision, kRelativePrecision * std::abs(x));
  }

  static bool Vanishes(double x) { return std::abs(spec().derivative(x, defaults())) < kVanishing; }

  // The first point, coming in from far out on the side of `sign`, at which the derivative no
  // longer vanishes; 0 when it vanishes everywhere, none when not even far out.
  static std::optional<double> Recompute(double sign) {
    if (!Vanishes(sign * kFar)) return std::nullopt;
    double inside = kFar;  // the last point from outside at which it still vanishes
    while (inside > -kFar && Vanishes(sign * (inside - PrecisionAt(inside)))) {
      inside -= PrecisionAt(inside);
    }
    return inside > -kFar ? sign * inside : 0;
  }

  static void ExpectBound(float stated, double sign) {
    const auto want = Recompute(sign);
    if (!want) {
      EXPECT_EQ(stated, static_cast<float>(sign) * kInfinity) << "vanishes nowhere outside";
    } else {
      EXPECT_NEAR(stated, *want, 2 * PrecisionAt(*want));
    }
  }
};

TEST_P(SaturationOf, BeginsWhereTheDerivativeVanishes) {
  ExpectBound(spec().saturation.below, -1);
  ExpectBound(spec().saturation.above, 1);
}

TEST_P(SaturationOf, HoldsEverywhereBeyondTheBounds) {
  for (double by = 1e-6; by < 1e6; by *= 1.3) {
    if (std::isfinite(spec().saturation.below)) {
      ASSERT_TRUE(Vanishes(spec().saturation.below - by)) << spec().saturation.below - by;
    }
    if (std::isfinite(spec().saturation.above)) {
      ASSERT_TRUE(Vanishes(spec().saturation.above + by)) << spec().saturation.above + by;
    }
  }
}

TEST_P(SaturationOf, DoesNotHoldJustInside) {
  const auto [below, above] = spec().saturation;
  if (below == above) return;  // it vanishes everywhere
  if (std::isfinite(below)) {
    EXPECT_FALSE(Vanishes(below + PrecisionAt(below)));
  }
  if (std::isfinite(above)) {
    EXPECT_FALSE(Vanishes(above - PrecisionAt(above)));
  }
}

INSTANTIATE_TEST_SUITE_P(Each, SaturationOf, ::testing::ValuesIn(Pointers(false)), NameOf);

}  // namespace
}  // namespace hillock::activation
