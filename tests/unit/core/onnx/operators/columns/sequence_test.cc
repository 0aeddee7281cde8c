// SPDX-License-Identifier: Apache-2.0

// Sequences of tensors, as a scikit-learn MultiOutputClassifier puts out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// x[rows, 2], and p, q and r of two, two and one column.
OnnxBuilder Start() {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("one", {}, {1}).Floats("w", {2, 1}, {1, 2});
  return graph.Node("Add", {"x", "one"}, "p")
      .Node("Neg", {"x"}, "q")
      .Node("MatMul", {"x", "w"}, "r");
}

TEST(SequenceConstruct, IsOneTensor) {
  const model::Mlp mlp = Import(Start().Node("SequenceConstruct", {"p", "q"}, "y").Output("y"));
  EXPECT_THAT(mlp.outputs[0].shape, ElementsAre(-1, 2, 2));
  EXPECT_THAT(Answer(mlp, {3, 5}), ElementsAre(4, 6, -3, -5));
}

TEST(SequenceConstruct, OfDifferentShapesIsRefused) {
  const auto mlp =
      ImportOnnx(Start().Node("SequenceConstruct", {"p", "r"}, "y").Output("y").Build());
  EXPECT_THAT(mlp, StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("different shapes")));
}

}  // namespace
}  // namespace hillock::onnx
