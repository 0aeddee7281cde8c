// SPDX-License-Identifier: Apache-2.0

// What cannot be computed does not take the rest of a graph along, and is named.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/onnx/computed.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

OnnxBuilder Chain() {
  return OnnxBuilder()
      .Input("x", {-1, 2})
      .Floats("w", {2, 1}, {1, 2})
      .Node("MatMul", {"x", "w"}, "mean");
}

struct LeftOutCase {
  const char* op;
  const char* reason;
};

TEST(LeftOut, IsWhatCannotBeComputed) {
  for (const LeftOutCase& test :
       {LeftOutCase{"RandomNormalLike", "draws random numbers"},
        LeftOutCase{"Conv", "convolves or pools over space"}, LeftOutCase{"LSTM", "loops"},
        LeftOutCase{"NoSuchOperator", "is no operator that this server computes"}}) {
    OnnxBuilder graph = Chain();
    graph.Node(test.op, {"mean"}, "noise").Node("Add", {"mean", "noise"}, "sample");
    graph.Output("mean").Output("sample");
    const model::Mlp mlp = Import(graph);
    ASSERT_EQ(mlp.left_out.size(), 1) << test.op;
    EXPECT_EQ(mlp.left_out[0].name, "sample");
    EXPECT_THAT(mlp.left_out[0].reason,
                AllOf(HasSubstr("'n1'"), HasSubstr(test.op), HasSubstr(test.reason)));
    ASSERT_EQ(mlp.outputs.size(), 1);
    EXPECT_EQ(mlp.outputs[0].name, "mean");
  }
}

TEST(LeftOut, RefusesTheFileWhereNothingRemains) {
  OnnxBuilder graph = Chain();
  graph.Node("Conv", {"mean", "w"}, "y").Output("y");
  EXPECT_THAT(ImportOnnx(graph.Build()).status(),
              StatusIs(absl::StatusCode::kUnimplemented,
                       AllOf(HasSubstr("output 'y'"), HasSubstr("node 'n1' (Conv)"))));
}

}  // namespace
}  // namespace hillock::onnx
