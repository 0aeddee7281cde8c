// SPDX-License-Identifier: Apache-2.0

// Functions of one element that turn out to be no more than a scale and a shift.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/onnx_builder.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::OnnxBuilder;
using ::testing::ElementsAre;

Values Answer(OnnxBuilder graph, const std::vector<float>& row) {
  return onnx::Answer(Import(graph.Output("y")), row);
}

// Of the rows x and of `one`, which is x / x.
OnnxBuilder Start() {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 1}, {1, 10}).Floats("p", {2}, {2, 3});
  return graph.Node("Div", {"x", "x"}, "one");
}

// As scikit-learn's PowerTransformer makes its ones.
TEST(IdentityFunction, KeepsItsShiftAsAnOutput) {
  EXPECT_THAT(Answer(Start().Node("Add", {"x", "one"}, "y"), {3, -5}), ElementsAre(4, -4));
  EXPECT_THAT(Answer(Start().Node("Sub", {"one", "x"}, "y"), {3, -5}), ElementsAre(-2, 6));
}

TEST(IdentityFunction, KeepsItsShiftBeforeALayer) {
  EXPECT_THAT(
      Answer(Start().Node("Sub", {"one", "x"}, "z").Node("MatMul", {"z", "w"}, "y"), {3, -5}),
      ElementsAre(58));
}

TEST(IdentityFunction, KeepsItsShiftAfterALayer) {
  EXPECT_THAT(Answer(Start()
                         .Node("MatMul", {"x", "w"}, "z")
                         .Node("Div", {"z", "z"}, "ones")
                         .Node("Sub", {"ones", "z"}, "y"),
                     {3, -5}),
              ElementsAre(48));
}

TEST(IdentityFunction, KeepsItsShiftBeforeAnOperation) {
  EXPECT_THAT(Answer(Start().Node("Add", {"x", "one"}, "z").Node("Pow", {"z", "p"}, "y"), {3, -5}),
              ElementsAre(16, -64));
}

}  // namespace
}  // namespace hillock::onnx
