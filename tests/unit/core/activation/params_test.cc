// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/unit/core/activation/each_activation.h"

namespace hillock::activation {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class ResolveParamsOf : public EachActivation {
 protected:
  static std::string Name(size_t i) { return std::string(spec().params[i].name); }
  static float Within(size_t i, float value) {
    return std::clamp(value, spec().params[i].low, spec().params[i].high);
  }
};

TEST_P(ResolveParamsOf, TakesDefaultsForWhatIsNotGiven) {
  const auto params = ResolveParams(spec(), {});
  ASSERT_TRUE(params.ok());
  for (size_t i = 0; i < kMaxParams; ++i) {
    EXPECT_EQ((*params)[i], i < spec().param_count ? spec().params[i].default_value : 0) << i;
  }
}

TEST_P(ResolveParamsOf, TakesEveryValueFromTheLowestToTheHighest) {
  for (size_t i = 0; i < spec().param_count; ++i) {
    for (const float value : {spec().params[i].low, spec().params[i].high}) {
      std::map<std::string, float> given = {{Name(i), value}};
      if (spec().params_ascend) given = {{Name(0), Within(0, value)}, {Name(1), Within(1, value)}};
      const auto params = ResolveParams(spec(), given);
      ASSERT_TRUE(params.ok()) << params.status();
      EXPECT_EQ((*params)[i], value);
    }
  }
}

TEST_P(ResolveParamsOf, RefusesTheNextValueOutsideEitherEnd) {
  for (size_t i = 0; i < spec().param_count; ++i) {
    const ParamSpec& p = spec().params[i];
    for (const float value : {std::nextafter(p.low, -kInfinity), std::nextafter(p.high, kInfinity),
                              -kInfinity, kInfinity, kNan}) {
      if (value >= p.low && value <= p.high) continue;  // an end that is infinite
      EXPECT_THAT(ResolveParams(spec(), {{Name(i), value}}),
                  StatusIs(absl::StatusCode::kInvalidArgument,
                           AllOf(HasSubstr("activation '" + std::string(spec().name) + "': got " +
                                           Name(i) + " = "),
                                 HasSubstr("want a number from "))))
          << value;
    }
  }
}

TEST_P(ResolveParamsOf, RefusesANameItDoesNotHave) {
  EXPECT_THAT(ResolveParams(spec(), {{"gamma_ray", 1.0f}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("got parameter 'gamma_ray', want "),
                             HasSubstr(spec().param_count == 0 ? "no parameters" : Name(0)))));
  EXPECT_FALSE(ResolveParams(spec(), {{"", 1.0f}}).ok());
}

INSTANTIATE_TEST_SUITE_P(Each, ResolveParamsOf, ::testing::ValuesIn(Pointers(true)), NameOf);

TEST(ResolveParams, OverridesOnlyWhatIsGiven) {
  EXPECT_THAT(ResolveParams(*Find("leaky_relu"), {{"alpha", 0.5f}}),
              IsOkAndHolds(ElementsAre(0.5f, 0.0f)));
}

TEST(ResolveParams, SaysWhichRangeIsRight) {
  EXPECT_THAT(ResolveParams(*Find("swish"), {{"beta", -1.0f}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "activation 'swish': got beta = -1, want a number from 0 to 100"));
}

TEST(ResolveParams, WantsTheBoundsOfClipInOrder) {
  EXPECT_THAT(ResolveParams(*Find("clip"), {{"min", 3.0f}, {"max", 1.0f}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "activation 'clip': got min = 3 > max = 1, want them in ascending order"));
  EXPECT_FALSE(ResolveParams(*Find("clip"), {{"min", 7.0f}}).ok());
  EXPECT_TRUE(ResolveParams(*Find("clip"), {{"min", 6.0f}}).ok());
}

TEST(ResolveParams, TakesAnInfiniteBoundOfClipForNone) {
  EXPECT_THAT(ResolveParams(*Find("clip"), {{"min", 7.0f}, {"max", kInfinity}}),
              IsOkAndHolds(ElementsAre(7.0f, kInfinity)));
  EXPECT_THAT(ResolveParams(*Find("clip"), {{"min", -kInfinity}}),
              IsOkAndHolds(ElementsAre(-kInfinity, 6.0f)));
  EXPECT_FALSE(ResolveParams(*Find("clip"), {{"min", kInfinity}, {"max", kInfinity}}).ok());
  EXPECT_FALSE(ResolveParams(*Find("clip"), {{"min", -kInfinity}, {"max", -kInfinity}}).ok());
}

}  // namespace
}  // namespace hillock::activation
