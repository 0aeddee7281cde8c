// SPDX-License-Identifier: Apache-2.0

// Graphs that are more than a chain of dense layers: what they compute of a row.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Branch;
using ::hillock::testing::Integer;
using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Real;
using ::hillock::testing::Reference;
using onnx::DataType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<float> kWeights{1, -2, 3, 4, 5, -6};  // [2, 3], as MatMul has them

// Input x [rows, 2] and m = x w [rows, 3].
OnnxBuilder Start() {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 3}, kWeights);
  return graph.Node("MatMul", {"x", "w"}, "m");
}

Values M(const Values& x) { return Dense(x, kWeights); }

TEST(OnnxRowGraph, JoinsBranches) {
  const std::vector<float> u{1, 2, 3, 4, 5, 6, 7, 8, 9};
  OnnxBuilder graph = Start().Floats("u", {3, 3}, u).Node("Relu", {"m"}, "r");
  graph.Node("MatMul", {"r", "u"}, "k").Node("Add", {"k", "r"}, "y").Output("y");
  const model::Mlp mlp = Import(graph);
  EXPECT_EQ(model::NameOf(*mlp.layers.back().operation), "add");
  ExpectAnswers(mlp, {[&](const Values& x) {
                  const Values r = Map(M(x), Relu);
                  Values y = Dense(r, u);
                  for (size_t i = 0; i < y.size(); ++i) y[i] += r[i];
                  return y;
                }});
}

TEST(OnnxRowGraph, PutsInputsSideBySide) {
  OnnxBuilder graph = Start().Input("z", {-1, 3}).Node("Mul", {"m", "z"}, "y").Output("y");
  const model::Mlp mlp = Import(graph);
  ASSERT_EQ(mlp.inputs.size(), 2u);
  EXPECT_EQ(mlp.inputs[1].name, "z");
  EXPECT_TRUE(mlp.inputs[1].required);
  ExpectAnswers(mlp, {[](const Values& x) {
                  Values y = M({x[0], x[1]});
                  for (size_t i = 0; i < 3; ++i) y[i] *= x[2 + i];
                  return y;
                }});
}

TEST(OnnxRowGraph, NeedsNoInputThatNothingReads) {
  const model::Mlp mlp = Import(Start().Input("z", {-1, 2}).Output("m"));
  ASSERT_EQ(mlp.inputs.size(), 2u);
  EXPECT_TRUE(mlp.inputs[0].required);
  EXPECT_FALSE(mlp.inputs[1].required);
  ExpectAnswers(mlp, {[](const Values& x) { return M({x[0], x[1]}); }});
}

TEST(OnnxRowGraph, PutsOutEachValueOfARowAsARow) {
  OnnxBuilder graph = Start().Int64s("s", {2}, {-1, 1}).Node("Reshape", {"m", "s"}, "y");
  const model::Mlp mlp = Import(graph.Output("y"));
  EXPECT_THAT(mlp.outputs[0].shape, ElementsAre(-3, 1));
  ExpectAnswers(mlp, {M});
}

TEST(OnnxRowGraph, CutsFloatsToIntegers) {
  OnnxBuilder graph = Start().Node("Cast", {"m"}, "y", {Integer("to", 7)});
  const model::Mlp mlp = Import(graph.Output("y", DataType::kInt64));
  EXPECT_EQ(mlp.outputs[0].datatype, model::Datatype::kInt64);
  ExpectAnswers(
      mlp, {[](const Values& x) { return Map(M(x), [](double v) { return std::trunc(v); }); }});
}

TEST(OnnxRowGraph, DividesBy0AsTheGraphDoes) {
  OnnxBuilder graph = Start().Floats("z", {}, {0}).Node("Div", {"m", "z"}, "y").Output("y");
  const model::Mlp mlp = Import(graph);
  EXPECT_EQ(model::NameOf(*mlp.layers.back().operation), "div");
  EXPECT_FALSE(mlp.is_finite());
}

TEST(OnnxRowGraph, CallsFunctionsOfTheFileWithTheirAttributes) {
  OnnxBuilder body;
  body.Node("LeakyRelu", {"a"}, "l", {Reference("alpha", "slope")}).Node("Neg", {"l"}, "b");
  OnnxBuilder graph = Start().Function("f", "F", {"a"}, {"b"}, body);
  graph.Node("F", {"m"}, "y", {Real("slope", 0.25f)}, "f");
  graph.Node("F", {"y"}, "z", {Real("slope", 0.5f)}, "f");
  const auto f = [](double slope) { return [=](double v) { return v < 0 ? -slope * v : -v; }; };
  ExpectAnswers(Import(graph.Output("y").Output("z")),
                {[&](const Values& x) { return Map(M(x), f(0.25)); },
                 [&](const Values& x) { return Map(Map(M(x), f(0.25)), f(0.5)); }});
}

TEST(OnnxRowGraph, TakesTheBranchThatAConstantDecides) {
  for (const bool taken : {true, false}) {
    OnnxBuilder graph = Start().Raw("c", DataType::kBool, {}, std::string(1, taken ? 1 : 0));
    graph.Node("If", {"c"}, "y",
               {Branch("then_branch", OnnxBuilder().Node("Relu", {"m"}, "t").Output("t")),
                Branch("else_branch", OnnxBuilder().Node("Sigmoid", {"m"}, "e").Output("e"))});
    ExpectAnswers(Import(graph.Output("y")),
                  {[&](const Values& x) { return Map(M(x), taken ? Relu : Sigmoid); }});
  }
}

TEST(OnnxRowGraph, SplitsAndJoinsColumns) {
  OnnxBuilder graph = Start().Int64s("sizes", {2}, {1, 2});
  graph.NodeWithOutputs("Split", {"m", "sizes"}, {"a", "b"}, {Integer("axis", 1)});
  graph.Node("Tanh", {"a"}, "t").Node("Concat", {"b", "t", "x"}, "y", {Integer("axis", -1)});
  ExpectAnswers(Import(graph.Output("y").Output("b")),
                {[](const Values& x) {
                   const Values m = M(x);
                   return Values{m[1], m[2], std::tanh(m[0]), x[0], x[1]};
                 },
                 [](const Values& x) {
                   const Values m = M(x);
                   return Values{m[1], m[2]};
                 }});
}

// A layer with the weights once for each of the vectors.
TEST(OnnxRowGraph, MultipliesEachOfTheVectorsOfARow) {
  OnnxBuilder graph = Start().Int64s("s", {3}, {-1, 3, 1}).Floats("v", {1, 2}, {2, -3});
  graph.Node("Reshape", {"m", "s"}, "r").Node("MatMul", {"r", "v"}, "y").Output("y");
  const model::Mlp mlp = Import(graph);
  EXPECT_THAT(mlp.outputs[0].shape, ElementsAre(-1, 3, 2));
  ExpectAnswers(mlp, {[](const Values& x) {
                  const Values m = M(x);
                  return Values{2 * m[0], -3 * m[0], 2 * m[1], -3 * m[1], 2 * m[2], -3 * m[2]};
                }});
}

TEST(OnnxRowGraph, MultipliesValuesOfARowWithEachOther) {
  OnnxBuilder graph = Start().Int64s("s", {3}, {-1, 3, 1}).Int64s("t", {3}, {-1, 1, 3});
  graph.Node("Reshape", {"m", "s"}, "a").Node("Reshape", {"m", "t"}, "b");
  graph.Node("MatMul", {"b", "a"}, "y").Output("y");
  ExpectAnswers(Import(graph), {[](const Values& x) {
                  const Values m = M(x);
                  return Values{m[0] * m[0] + m[1] * m[1] + m[2] * m[2]};
                }});
}

// The same axis named twice, of what is the same in each row; and rows of no columns.
TEST(OnnxRowGraph, ReducesWhatIsTheSameInEachRow) {
  OnnxBuilder graph = Start().Int64s("zero", {1}, {0}).Int64s("two", {1}, {2});
  graph.Node("Shape", {"m"}, "s").Node("Gather", {"s", "zero"}, "n");
  graph.Node("Concat", {"n", "two"}, "full", {Integer("axis", 0)});
  graph.Node("Concat", {"n", "zero"}, "none", {Integer("axis", 0)});
  graph.Node("ConstantOfShape", {"full"}, "c").Node("ConstantOfShape", {"none"}, "d");
  graph.Node("ReduceLogSumExp", {"c"}, "e", {Integers("axes", {1, 1})})
      .Node("Add", {"m", "e"}, "y");
  graph.Node("ReduceSum", {"d"}, "f", {Integers("axes", {1})}).Output("y").Output("f");
  const model::Mlp mlp = Import(graph);
  ExpectAnswers(
      mlp, {[](const Values& x) { return Map(M(x), [](double v) { return v + std::log(2.0); }); }});
  ASSERT_EQ(mlp.left_out.size(), 1u);
  EXPECT_THAT(mlp.left_out[0].reason, ::testing::HasSubstr("makes rows without values"));
}

TEST(OnnxRowGraph, HasNoLabelsBesideItsOutputs) {
  const model::Mlp mlp = Import(Start().Node("Softmax", {"m"}, "p").Output("p"));
  EXPECT_FALSE(mlp.outputs[0].has_labels());
  EXPECT_THAT(mlp.left_out, IsEmpty());
}

}  // namespace
}  // namespace hillock::onnx
