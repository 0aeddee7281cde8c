// SPDX-License-Identifier: Apache-2.0
#include "server/http/curve.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace hillock::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Curve Draw(const char* name) {
  const activation::Spec& spec = *activation::Find(name);
  return CurveOf(spec, *activation::ResolveParams(spec, {}));
}

TEST(CurveTest, IsTheFunctionOfTheTable) {
  for (const activation::Spec& spec : activation::All()) {
    if (spec.scope == activation::Scope::kRow) continue;
    const activation::Params params = *activation::ResolveParams(spec, {});
    const Curve curve = CurveOf(spec, params);
    ASSERT_EQ(curve.x.size(), curve.y.size());
    EXPECT_EQ(curve.x.front(), -Curve::kReach);
    EXPECT_EQ(curve.x.back(), Curve::kReach);
    EXPECT_TRUE(std::ranges::is_sorted(curve.x));
    const size_t middle = curve.x.size() / 2;
    EXPECT_EQ(curve.x[middle], 0) << spec.name;
    const double at_zero = spec.reference(0, params);
    EXPECT_TRUE(curve.y[middle] == at_zero || std::isnan(at_zero)) << spec.name;
  }
}

TEST(CurveTest, KnowsWhereItIsFlat) {
  EXPECT_THAT(Draw("relu").flat, ElementsAre(Pair(-8, ::testing::Le(0))));
  EXPECT_THAT(Draw("sigmoid").flat, ElementsAre(Pair(-8, -7), Pair(7, 8)));
  EXPECT_THAT(Draw("identity").flat, IsEmpty());
}

}  // namespace
}  // namespace hillock::http
