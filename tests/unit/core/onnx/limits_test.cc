// SPDX-License-Identifier: Apache-2.0

// What is out of proportion to the bytes of a file is refused, with the node that asks for it.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/onnx/refusals.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::StatusIs;
using ::hillock::testing::Texts;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

TEST(OnnxLimits, HoldForATensorLargerThanTheFile) {
  OnnxBuilder graph = SmallGraph();
  graph.Int64s("s", {1}, {1 << 30}).Floats("one", {}, {1});
  graph.Node("Expand", {"one", "s"}, "c").Node("Add", {"m", "c"}, "y").Output("y");
  EXPECT_THAT(ImportOnnx(graph.Build()),
              StatusIs(Code::kResourceExhausted,
                       HasSubstr("node 'n1' (Expand): wants 1073741824 more elements")));
}

TEST(OnnxLimits, HoldForWhatManySmallNodesAddUpTo) {
  std::vector<float> scales;
  for (int i = 1; i <= 1000; ++i) scales.push_back(static_cast<float>(i));
  OnnxBuilder graph;
  graph.Input("x", {-1, 1000}).Floats("c", {1000}, scales).Node("Mul", {"x", "c"}, "v0");
  for (int i = 0; i < 400; ++i) {
    graph.Node("Neg", {fmt::format("v{}", i)}, fmt::format("v{}", i + 1));
  }
  EXPECT_THAT(ImportOnnx(graph.Output("v400").Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("more than a file of this size may")));
}

// No weights bear out how wide the rows are.
TEST(OnnxLimits, HoldForRowsThatAreWideInWordsOnly) {
  OnnxBuilder wide;
  wide.Input("x", {-1, 1 << 20}).Node("Relu", {"x"}, "y").Output("y");
  EXPECT_THAT(ImportOnnx(wide.Build()),
              StatusIs(Code::kResourceExhausted,
                       HasSubstr("input 'x': wants 1048576 more elements of 4 bytes")));
  OnnxBuilder wider;
  wider.Input("x", {-1, int64_t{1} << 40}).Node("Relu", {"x"}, "y").Output("y");
  EXPECT_THAT(ImportOnnx(wider.Build()),
              StatusIs(Code::kInvalidArgument,
                       HasSubstr("input 'x': has rows of shape [rows, 1099511627776]")));
}

constexpr size_t kLong = size_t{1} << 20;  // bytes of a string

TEST(OnnxLimits, HoldForCopiesOfALongString) {
  OnnxBuilder expanded = SmallGraph();
  expanded.Strings("s", {std::string(kLong, 's')}).Int64s("n", {1}, {1000});
  expanded.Node("Expand", {"s", "n"}, "t").Output("m");
  EXPECT_THAT(ImportOnnx(expanded.Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("node 'n1' (Expand): wants 1048576")));
  OnnxBuilder joined = SmallGraph();
  joined.Strings("s", {std::string(kLong, 's')});
  joined.Node("Concat", std::vector<std::string>(1000, "s"), "t", {Integer("axis", 0)});
  EXPECT_THAT(ImportOnnx(joined.Output("m").Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("node 'n1' (Concat): ")));
}

TEST(OnnxLimits, HoldForCopiesOfColumnNames) {
  OnnxBuilder graph = SmallGraph();
  graph.Node("ZipMap", {"m"}, "z0",
             {Texts("classlabels_strings", {std::string(kLong, 'a'), "b", "c"})}, "ai.onnx.ml");
  for (int i = 0; i < 1000; ++i) {
    graph.Node("Identity", {fmt::format("z{}", i)}, fmt::format("z{}", i + 1));
  }
  EXPECT_THAT(ImportOnnx(graph.Output("z1000").Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("(Identity): wants 1048576 more")));
}

TEST(OnnxLimits, HoldForTheNumberOfNodes) {
  OnnxBuilder graph = SmallGraph();
  for (size_t i = 0; i < onnx::kMaxNodes; ++i) graph.Node("", {}, "");
  EXPECT_THAT(ImportOnnx(graph.Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("has more than 10000 nodes")));
}

}  // namespace
}  // namespace hillock::onnx
