// SPDX-License-Identifier: Apache-2.0
#include "client/plot/curve.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace hillock::client {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

Curve CurveOf(std::vector<double> x, std::vector<double> y) {
  Curve curve;
  curve.model = "m";
  curve.version = "3";
  curve.x_name = "in";
  curve.y_name = "out";
  curve.slope = SlopesOf(x, y);
  curve.x = std::move(x);
  curve.y = std::move(y);
  return curve;
}

TEST(SweepTest, ReachesBothEndsInEqualSteps) {
  EXPECT_THAT(Sweep({-1, 3}, 5), ElementsAre(-1, 0, 1, 2, 3));
  EXPECT_THAT(Sweep({-3e38, 3e38}, 3), ElementsAre(-3e38f, 0, 3e38f));
}

TEST(SlopesTest, AreCentralDifferences) {
  const std::vector<double> x = {0, 1, 2, 4};
  const std::vector<double> y = {0, 1, 4, 16};
  EXPECT_THAT(SlopesOf(x, y), ElementsAre(1, 2, 5, 6));
}

TEST(SlopesTest, AreNoNumbersBesideOnesThatAreNone) {
  const std::vector<double> x = {0, 1, 2, 3};
  const std::vector<double> y = {0, std::numeric_limits<double>::quiet_NaN(), 2, 3};
  const std::vector<double> slopes = SlopesOf(x, y);
  EXPECT_TRUE(std::isnan(slopes[0]));
  EXPECT_EQ(slopes[1], 1);
  EXPECT_TRUE(std::isnan(slopes[2]));
  EXPECT_EQ(slopes[3], 1);
}

// The differences of the reference's values follow the table's derivative, up to half of what it
// changes by within two steps; kinks and jumps are left out.
TEST(SlopesTest, FollowTheTablesDerivative) {
  for (const activation::Spec& spec : activation::All()) {
    if (spec.scope == activation::Scope::kRow) continue;
    const activation::Params params = *activation::ResolveParams(spec, {});
    const std::vector<float> arguments = Sweep({-3, 3}, 2001);
    const std::vector<double> x(arguments.begin(), arguments.end());
    std::vector<double> y;
    for (const double at : x) y.push_back(spec.reference(at, params));
    const std::vector<double> slopes = SlopesOf(x, y);
    size_t compared = 0;
    size_t left_out = 0;
    for (size_t i = 1; i + 1 < x.size(); ++i) {
      if (std::isnan(y[i - 1]) || std::isnan(y[i + 1])) continue;  // outside of the domain
      const double left = spec.derivative(x[i - 1], params);
      const double right = spec.derivative(x[i + 1], params);
      if (std::abs(right - left) > 0.15 || std::abs(y[i + 1] - y[i - 1]) > 0.5) {
        ++left_out;
        continue;
      }
      EXPECT_THAT(slopes[i], DoubleNear(spec.derivative(x[i], params), 4e-3))
          << spec.name << " at " << x[i];
      ++compared;
    }
    EXPECT_GT(compared, 5 * left_out) << spec.name;
  }
}

TEST(SaturatedTest, FindsTheStretchesWhereTheSlopeVanishes) {
  const Curve curve = CurveOf({0, 1, 2, 3, 4, 5, 6, 7}, {0, 0, 0, 0, 9, 18, 18, 18});
  const std::vector<Interval> stretches = Saturated(curve);
  ASSERT_EQ(stretches.size(), 2u);
  EXPECT_EQ(stretches[0].low, 0);
  EXPECT_EQ(stretches[0].high, 2);
  EXPECT_EQ(stretches[1].low, 6);
  EXPECT_EQ(stretches[1].high, 7);
}

TEST(SaturatedTest, FindsNoneOnALine) {
  EXPECT_TRUE(Saturated(CurveOf({0, 1, 2}, {0, 1, 2})).empty());
}

TEST(UsualRangeTest, KeepsACubicInSight) {
  EXPECT_EQ(UsualRange(*activation::Find("tanh")).high, 6);
  EXPECT_EQ(UsualRange(*activation::Find("ncu")).low, -1.5);
  EXPECT_EQ(UsualRange(*activation::Find("ncu")).high, 1.5);
  EXPECT_EQ(UsualRange(*activation::Find("exp")).high, 1.5);
}

TEST(UsualRangeTest, IsAsWideAroundAPole) {
  EXPECT_EQ(UsualRange(*activation::Find("reciprocal")).high, 6);
  EXPECT_EQ(UsualRange(*activation::Find("log")).high, 6);
}

TEST(CurveJsonTest, HasPointsAndSaturatedStretches) {
  const nlohmann::ordered_json json = CurveJson(CurveOf({0, 1, 2}, {5, 5, 5}));
  EXPECT_EQ(json.dump(), R"({"model":"m","version":"3","input":"in","output":"out","points":[)"
                         R"({"x":0.0,"y":5.0,"slope":0.0},{"x":1.0,"y":5.0,"slope":0.0},)"
                         R"({"x":2.0,"y":5.0,"slope":0.0}],"saturated":[[0.0,2.0]]})");
}

}  // namespace
}  // namespace hillock::client
