// SPDX-License-Identifier: Apache-2.0

// Operators that pick, replace and sort elements of a row.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/onnx/computed.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using ::testing::ElementsAre;

OnnxBuilder Columns() {
  return OnnxBuilder()
      .Input("x", {-1, 4})
      .Node("Transpose", {"x"}, "columns", {Integers("perm", {1, 0})});
}

TEST(GatherNd, PicksColumns) {
  const auto graph = Columns()
                         .Int64s("at", {3, 1}, {0, 3, -2})
                         .Node("GatherND", {"columns", "at"}, "picked")
                         .Node("Transpose", {"picked"}, "y", {Integers("perm", {1, 0})})
                         .Output("y");
  EXPECT_THAT(Computed(graph, {1, 2, 3, 4}), ElementsAre(1, 4, 3));
}

TEST(ScatterNd, ReplacesColumns) {
  const auto graph = Columns()
                         .Int64s("at", {2, 1}, {2, 0})
                         .Floats("two", {1}, {2})
                         .Int64s("first", {2}, {0, 1})
                         .Node("Gather", {"columns", "first"}, "some")
                         .Node("Mul", {"some", "two"}, "new")
                         .Node("ScatterND", {"columns", "at", "new"}, "replaced")
                         .Node("Transpose", {"replaced"}, "y", {Integers("perm", {1, 0})})
                         .Output("y");
  EXPECT_THAT(Computed(graph, {1, 2, 3, 4}), ElementsAre(4, 2, 2, 4));
}

TEST(TopK, SortsOutSomeElements) {
  OnnxBuilder graph = OnnxBuilder().Input("x", {-1, 4}).Int64s("k", {1}, {3});
  graph.Node("TopK", {"x", "k"}, "y").Output("y");
  EXPECT_THAT(Computed(graph, {3, 9, 3, 5}), ElementsAre(9, 5, 3));
}

}  // namespace
}  // namespace hillock::onnx
