// SPDX-License-Identifier: Apache-2.0

// Operators that pick, replace and sort elements of a row.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/core/onnx/import.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/onnx/computed.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

// y = x; y[:, first:] = 2 * x[:, :2], as exporters write it.
OnnxBuilder Assignment(const std::vector<int64_t>& to) {
  return OnnxBuilder()
      .Input("x", {-1, 4})
      .Int64s("to", {1, 2}, to)
      .Int64s("first", {2}, {0, 1})
      .Floats("two", {1}, {2})
      .Node("Gather", {"x", "first"}, "some", {Integer("axis", 1)})
      .Node("Mul", {"some", "two"}, "new")
      .Node("Shape", {"new"}, "shape")
      .Node("Expand", {"to", "shape"}, "indices")
      .Node("ScatterElements", {"x", "indices", "new"}, "y", {Integer("axis", 1)})
      .Output("y");
}

TEST(ScatterElements, ReplacesColumns) {
  EXPECT_THAT(Computed(Assignment({2, 3}), {1, 2, 3, 4}), ElementsAre(1, 2, 2, 4));
  EXPECT_THAT(Computed(Assignment({-1, 0}), {1, 2, 3, 4}), ElementsAre(4, 2, 3, 2));
}

TEST(ScatterElements, ReplacesElementsOfAMatrix) {
  const auto graph =
      OnnxBuilder()
          .Input("x", {-1, 2, 3})
          .Int64s("to", {1, 2, 1}, {2, 0})
          .Int64s("first", {1}, {1})
          .Node("Gather", {"x", "first"}, "new", {Integer("axis", 2)})
          .Node("Shape", {"new"}, "shape")
          .Node("Expand", {"to", "shape"}, "indices")
          .Node("ScatterElements", {"x", "indices", "new"}, "y", {Integer("axis", 2)})
          .Output("y");
  EXPECT_THAT(Computed(graph, {1, 2, 3, 4, 5, 6}), ElementsAre(1, 2, 2, 5, 5, 6));
}

TEST(ScatterElements, RefusesWhatIsNoAssignmentToColumns) {
  const auto import = [](OnnxBuilder graph) {
    return ImportOnnx(graph.Node("ScatterElements", {"x", "i", "x"}, "y", {Integer("axis", 1)})
                          .Output("y")
                          .Build());
  };
  EXPECT_THAT(
      import(OnnxBuilder().Input("x", {-1, 2}).Node("Neg", {"x"}, "i")),
      StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("replaces other columns in each row")));
  EXPECT_THAT(import(OnnxBuilder().Input("x", {-1, 2}).Int64s("i", {1, 1}, {1})),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has indices of shape")));
}

TEST(Mod, IsComputedOnConstants) {
  const auto graph = OnnxBuilder()
                         .Input("x", {-1, 4})
                         .Int64s("seven", {1}, {-7})
                         .Int64s("four", {1}, {4})
                         .Node("Mod", {"seven", "four"}, "column")
                         .Node("Gather", {"x", "column"}, "y", {Integer("axis", 1)})
                         .Output("y");
  EXPECT_THAT(Computed(graph, {1, 2, 3, 4}), ElementsAre(2));
}

TEST(TopK, SortsOutSomeElements) {
  OnnxBuilder graph = OnnxBuilder().Input("x", {-1, 4}).Int64s("k", {1}, {3});
  graph.Node("TopK", {"x", "k"}, "y").Output("y");
  EXPECT_THAT(Computed(graph, {3, 9, 3, 5}), ElementsAre(9, 5, 3));
}

}  // namespace
}  // namespace hillock::onnx
