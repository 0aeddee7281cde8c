// SPDX-License-Identifier: Apache-2.0

// Graphs that do something about NaN.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/support/onnx_builder.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Real;
using ::hillock::testing::Reals;
using ::hillock::testing::Text;
using ::testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::string_view kMl = "ai.onnx.ml";

OnnxBuilder Imputed() {
  return OnnxBuilder()
      .Input("x", {-1, 2})
      .Node("Imputer", {"x"}, "filled",
            {Reals("imputed_value_floats", {7, 8}), Real("replaced_value_float", kNan)}, kMl);
}

TEST(Imputer, ReplacesNanByColumn) {
  const model::Mlp mlp = Import(Imputed().Output("filled"));
  EXPECT_TRUE(mlp.inputs[0].takes_non_finite);
  EXPECT_THAT(Answer(mlp, {kNan, kNan}), ElementsAre(7, 8));
  EXPECT_THAT(Answer(mlp, {1, kNan}), ElementsAre(1, 8));
}

// A step makes NaN of NaN, so that it is none of these.
TEST(Comparison, WithNanIsFalseWhereTheGraphTakesIt) {
  const int64_t to_float = static_cast<int64_t>(DataType::kFloat);
  const model::Mlp mlp = Import(Imputed()
                                    .Floats("zero", {}, {0})
                                    .Node("Less", {"x", "zero"}, "less")
                                    .Node("Cast", {"less"}, "is_less", {Integer("to", to_float)})
                                    .Node("Add", {"filled", "is_less"}, "y")
                                    .Output("y"));
  EXPECT_THAT(Answer(mlp, {kNan, -3}), ElementsAre(7, -2));
}

TEST(Comparison, IsAStepWhereAllIsFinite) {
  const model::Mlp mlp = Import(OnnxBuilder()
                                    .Input("x", {-1, 2})
                                    .Floats("zero", {}, {0})
                                    .Node("Less", {"x", "zero"}, "y")
                                    .Output("y"));
  EXPECT_EQ(mlp.layers[0].activation->name, "step");
}

TEST(Normalizer, LeavesRowsOfZerosAlone) {
  for (const char* const norm : {"MAX", "L1", "L2"}) {
    SCOPED_TRACE(norm);
    const model::Mlp mlp = Import(OnnxBuilder()
                                      .Input("x", {-1, 2})
                                      .Node("Normalizer", {"x"}, "y", {Text("norm", norm)}, kMl)
                                      .Output("y"));
    EXPECT_THAT(Answer(mlp, {0, 0}), ElementsAre(0, 0));
  }
}

TEST(Normalizer, DividesByTheLargestWithItsSign) {
  const model::Mlp mlp = Import(OnnxBuilder()
                                    .Input("x", {-1, 2})
                                    .Node("Normalizer", {"x"}, "y", {Text("norm", "MAX")}, kMl)
                                    .Output("y"));
  EXPECT_THAT(Answer(mlp, {-4, -2}), ElementsAre(2, 1));
}

}  // namespace
}  // namespace hillock::onnx
