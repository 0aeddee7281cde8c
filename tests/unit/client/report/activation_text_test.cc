// SPDX-License-Identifier: Apache-2.0
#include "client/report/activation_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace hillock::client {
namespace {

using activation::Find;
using activation::kInfinity;

TEST(ActivationTextTest, NamesParametersWithDefaultsAndRanges) {
  EXPECT_EQ(ParamsText(*Find("tanh")), "");
  EXPECT_EQ(ParamsText(*Find("swish")), "beta = 1 (0 to 100)");
  EXPECT_EQ(ParamsText(*Find("clip")), "min = 0, max = 6");
}

TEST(ActivationTextTest, TellsOnnxSiblingsApart) {
  EXPECT_EQ(OnnxText({}), "");
  EXPECT_EQ(OnnxText({"Tanh", 1}), "Tanh, since 1");
  EXPECT_EQ(OnnxText({"Gelu", 20, "approximate", "tanh"}), "Gelu, approximate = tanh, since 20");
}

TEST(ActivationTextTest, SaysWhereTheDerivativeVanishes) {
  EXPECT_EQ(SaturationText({}), "nowhere");
  EXPECT_EQ(SaturationText({0, 0}), "everywhere");
  EXPECT_EQ(SaturationText({-2.5f, kInfinity}), "x < -2.5");
  EXPECT_EQ(SaturationText({-kInfinity, 6}), "x > 6");
  EXPECT_EQ(SaturationText({-4.1468f, 4.1468f}), "x < -4.147, x > 4.147");
}

TEST(ActivationTextTest, KeepsTheDigitsOfUlpThatMeanSomething) {
  EXPECT_EQ(UlpText(0), "0.00");
  EXPECT_EQ(UlpText(3.365), "3.37");
  EXPECT_EQ(UlpText(16'777'214), "1.7e+07");
  EXPECT_EQ(UlpText(std::numeric_limits<double>::infinity()), "> 1e9");
}

TEST(ActivationTextTest, KeepsTheSignOfZero) {
  EXPECT_EQ(ValueText(-0.0), "-0");
  EXPECT_EQ(ValueText(0.1), "0.1");
}

TEST(ActivationTextTest, NamesScopes) {
  EXPECT_EQ(ScopeText(activation::Scope::kElementwise), "elementwise");
  EXPECT_EQ(ScopeText(activation::Scope::kPerUnit), "per unit");
  EXPECT_EQ(ScopeText(activation::Scope::kRow), "row");
}

}  // namespace
}  // namespace hillock::client
