// SPDX-License-Identifier: Apache-2.0

// Where the rows are in the inputs of a graph.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/onnx/computed.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::OnnxBuilder;
using ::testing::ElementsAre;

// A recurrent state that passes through, beside what is computed.
model::Mlp WithState(const std::vector<int64_t>& x, const std::vector<int64_t>& state) {
  return Import(OnnxBuilder()
                    .Input("x", x)
                    .Input("state", state)
                    .Floats("w", {2, 1}, {1, 2})
                    .Node("MatMul", {"x", "w"}, "y")
                    .Node("Identity", {"state"}, "state_out")
                    .Output("y")
                    .Output("state_out"));
}

TEST(Inputs, AreOneForAllRowsWhereTheirSizesAreGivenBesideAnOpenOne) {
  const model::Mlp mlp = WithState({-1, 2}, {2, 1, 4});
  ASSERT_EQ(mlp.inputs.size(), 2);
  EXPECT_FALSE(mlp.inputs[0].shared);
  EXPECT_TRUE(mlp.inputs[1].shared);
  EXPECT_THAT(mlp.inputs[1].shape, ElementsAre(2, 1, 4));
  ASSERT_EQ(mlp.outputs.size(), 2);
  EXPECT_THAT(mlp.ShapeOf(mlp.outputs[1]), ElementsAre(2, 1, 4));
}

TEST(Inputs, HaveRowsFirstWhereAllSizesAreGiven) {
  const model::Mlp mlp = WithState({1, 2}, {1, 4});
  ASSERT_EQ(mlp.inputs.size(), 2);
  EXPECT_FALSE(mlp.inputs[1].shared);
  EXPECT_THAT(mlp.inputs[1].shape, ElementsAre(-1, 4));
}

TEST(Inputs, OfASingleRowMayGiveASingleNumber) {
  const model::Mlp mlp = Import(OnnxBuilder()
                                    .Input("x", {2})
                                    .Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6})
                                    .Node("MatMul", {"x", "w"}, "y")
                                    .Node("ArgMax", {"y"}, "best", {Integer("keepdims", 0)})
                                    .Output("best"));
  ASSERT_EQ(mlp.outputs.size(), 1);
  EXPECT_THAT(mlp.ShapeOf(mlp.outputs[0]), ElementsAre());
}

TEST(Inputs, HaveRowsAlongTheOpenAxisAfterOnes) {
  const model::Mlp mlp = WithState({1, -1, 2}, {1, -1, 4});
  ASSERT_EQ(mlp.inputs.size(), 2);
  EXPECT_THAT(mlp.inputs[0].shape, ElementsAre(1, -1, 2));
}

}  // namespace
}  // namespace hillock::onnx
