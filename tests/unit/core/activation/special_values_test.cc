// SPDX-License-Identifier: Apache-2.0

// What the references say of the values at the edges: -0, the infinities, NaN.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "tests/unit/core/activation/each_activation.h"

namespace hillock::activation {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class SpecialValues : public EachActivation {
 protected:
  static double At(double x) { return spec().reference(x, defaults()); }
};

TEST_P(SpecialValues, OfNanIsNan) { EXPECT_TRUE(std::isnan(At(kNan))); }

TEST_P(SpecialValues, OfBothZerosAreTheSameNumber) {
  if (std::isinf(At(0.0))) {  // a pole: 1 / -0 is -infinity
    EXPECT_TRUE(std::isinf(At(-0.0)));
    return;
  }
  EXPECT_EQ(At(-0.0), At(0.0));
  EXPECT_FALSE(std::isnan(At(0.0)));
}

TEST_P(SpecialValues, OfInfinityAreTheLimits) {
  for (const double sign : {-1.0, 1.0}) {
    const double limit = At(sign * kInf);
    const double far = At(sign * 1e6);
    if (std::isnan(far)) {  // outside of the domain, and so is infinity
      EXPECT_TRUE(std::isnan(limit)) << limit;
      continue;
    }
    if (std::isnan(limit)) {
      EXPECT_GT(std::abs(At(sign * (1e6 + 2)) - far), 1e-3) << "only an oscillation has no limit";
      continue;
    }
    if (std::isinf(limit)) {
      EXPECT_GT(std::abs(far), 10) << far;
      EXPECT_EQ(std::signbit(far), std::signbit(limit)) << far;
    } else {
      EXPECT_NEAR(far, limit, 1e-5);
      EXPECT_EQ(std::signbit(far), std::signbit(limit)) << far << " and " << limit;
    }
  }
}

TEST_P(SpecialValues, OfTheLargestFloatsAreNumbers) {
  constexpr double kMax = std::numeric_limits<float>::max();
  for (const double x : {kMax, -kMax}) {
    EXPECT_EQ(std::isnan(At(x)), std::isnan(At(std::copysign(1e6, x)))) << "the domain ends there";
  }
}

INSTANTIATE_TEST_SUITE_P(Each, SpecialValues, ::testing::ValuesIn(Pointers(false)), NameOf);

struct Special {
  std::string_view activation;
  double x;
  double y;
};

// Both NaN, or both infinite, or both zero of the same sign, or equal.
bool Same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b && std::signbit(a) == std::signbit(b);
}

constexpr Special kSpecials[] = {
    {"identity", -0.0, -0.0},
    {"identity", kInf, kInf},
    {"step", -0.0, 1},
    {"step", -kInf, 0},
    {"step", kInf, 1},
    {"sigmoid", -kInf, 0},
    {"sigmoid", kInf, 1},
    {"sigmoid", 0, 0.5},
    {"tanh", -0.0, -0.0},
    {"tanh", -kInf, -1},
    {"relu", -0.0, 0},
    {"relu", -kInf, 0},
    {"relu", kInf, kInf},
    {"leaky_relu", -0.0, -0.0},
    {"leaky_relu", -kInf, -kInf},
    {"prelu", -0.0, -0.0},
    {"elu", -0.0, -0.0},
    {"elu", -kInf, -1},
    {"swish", -0.0, -0.0},
    {"swish", -kInf, -0.0},
    {"swish", kInf, kInf},
    {"gelu_erf", -0.0, -0.0},
    {"gelu_erf", -kInf, -0.0},
    {"gelu_erf", kInf, kInf},
    {"sin", -0.0, -0.0},
    {"ncu", -0.0, -0.0},
    {"ncu", kInf, -kInf},
    {"ncu", -kInf, kInf},
    {"selu", -0.0, -0.0},
    {"selu", kInf, kInf},
    {"celu", -kInf, -1},
    {"celu", -0.0, -0.0},
    {"gelu_tanh", -kInf, -0.0},
    {"gelu_tanh", -0.0, -0.0},
    {"mish", -kInf, -0.0},
    {"mish", kInf, kInf},
    {"mish", -0.0, -0.0},
    {"softplus", -kInf, 0},
    {"softplus", kInf, kInf},
    {"log_sigmoid", kInf, -0.0},
    {"log_sigmoid", -kInf, -kInf},
    {"softsign", -kInf, -1},
    {"softsign", -0.0, -0.0},
    {"hard_sigmoid", -kInf, 0},
    {"hard_sigmoid", kInf, 1},
    {"hard_swish", -kInf, -0.0},
    {"hard_swish", -0.0, -0.0},
    {"clip", -kInf, 0},
    {"clip", kInf, 6},
    {"clip", -0.0, -0.0},
    {"thresholded_relu", -kInf, 0},
    {"thresholded_relu", 1, 0},
    {"thresholded_relu", -0.0, 0},
    {"gcu", -0.0, -0.0},
    {"abs", -0.0, 0},
    {"abs", -kInf, kInf},
    {"square", -0.0, 0},
    {"square", -kInf, kInf},
    {"relu_squared", -0.0, 0},
    {"relu_squared", -kInf, 0},
    {"relu_squared", kInf, kInf},
    {"sqrt", -0.0, -0.0},
    {"sqrt", -1, kNan},
    {"sqrt", kInf, kInf},
    {"reciprocal", 0, kInf},
    {"reciprocal", -0.0, -kInf},
    {"reciprocal", -kInf, -0.0},
    {"exp", -0.0, 1},
    {"exp", -kInf, 0},
    {"exp", kInf, kInf},
    {"log", -0.0, -kInf},
    {"log", 1, 0},
    {"log", -1, kNan},
    {"log", kInf, kInf},
    {"log1p", -0.0, -0.0},
    {"log1p", -1, -kInf},
    {"log1p", -2, kNan},
    {"log1p", kInf, kInf},
    {"cos", -0.0, 1},
    {"cos", kInf, kNan},
    {"atan", -0.0, -0.0},
    {"atan", -kInf, -std::numbers::pi / 2},
    {"erf", -0.0, -0.0},
    {"erf", -kInf, -1},
    {"gaussian", -0.0, 1},
    {"gaussian", -kInf, 0},
    {"squareplus", 0, 1},
    {"squareplus", -kInf, 0},
    {"squareplus", kInf, kInf},
    {"snake", -kInf, -kInf},
    {"snake", kInf, kInf},
    {"tanhshrink", -0.0, -0.0},
    {"tanhshrink", -kInf, -kInf},
    {"hardshrink", -0.5, 0},
    {"hardshrink", -kInf, -kInf},
    {"softshrink", 0.5, 0},
    {"softshrink", -1.5, -1},
    {"softshrink", kInf, kInf},
    {"shrink", -0.0, 0},
    {"shrink", 0.75, 0.75},
};

TEST(SpecialValue, IsTheOneStated) {
  for (const Special& special : kSpecials) {
    const Spec* const spec = Find(special.activation);
    ASSERT_NE(spec, nullptr) << special.activation;
    const double got = spec->reference(special.x, *ResolveParams(*spec, {}));
    EXPECT_TRUE(Same(got, special.y))
        << special.activation << "(" << special.x << "): got " << got << ", want " << special.y;
  }
}

TEST(Softmax, IsAShareOfOne) {
  const Spec& softmax = *Find("softmax");
  const auto of = [&](const std::vector<double>& x) {
    std::vector<double> y(x.size());
    softmax.reference_row(x, y);
    return y;
  };
  using ::testing::DoubleNear;
  using ::testing::ElementsAre;
  EXPECT_THAT(of({7}), ElementsAre(1));
  EXPECT_THAT(of({3, 3}), ElementsAre(0.5, 0.5));
  EXPECT_THAT(of({1e300, 0}), ElementsAre(1, 0));
  EXPECT_THAT(of({0, std::log(3.0)}),
              ElementsAre(DoubleNear(0.25, 1e-15), DoubleNear(0.75, 1e-15)));
  EXPECT_THAT(of({-1000, -1000 + std::log(3.0)}),
              ElementsAre(DoubleNear(0.25, 1e-13), DoubleNear(0.75, 1e-13)));
  EXPECT_THAT(of({-kInf, 0}), ElementsAre(0, 1));
}

TEST(LogSoftmax, IsTheLogarithmOfSoftmax) {
  const Spec& log_softmax = *Find("log_softmax");
  const auto of = [&](const std::vector<double>& x) {
    std::vector<double> y(x.size());
    log_softmax.reference_row(x, y);
    return y;
  };
  using ::testing::DoubleNear;
  using ::testing::ElementsAre;
  EXPECT_THAT(of({7}), ElementsAre(0));
  EXPECT_THAT(of({3, 3}),
              ElementsAre(DoubleNear(-std::log(2.0), 1e-15), DoubleNear(-std::log(2.0), 1e-15)));
  EXPECT_THAT(of({1e300, 0}), ElementsAre(0, -1e300));
  EXPECT_THAT(of({0, -50}), ElementsAre(DoubleNear(-std::exp(-50.0), 1e-36), -50));
  EXPECT_THAT(of({-kInf, 0}), ElementsAre(-kInf, 0));
}

}  // namespace
}  // namespace hillock::activation
