// SPDX-License-Identifier: Apache-2.0

// What a graph becomes: dense layers and a normalization.

#include "server/core/onnx/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::IsOk;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Real;
using ::hillock::testing::Reals;
using onnx::DataType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// x[rows, 2], w[2, 3] and its transpose v, both [out][in] = {1 4, 2 5, 3 6}, and biases.
OnnxBuilder Start(int64_t opset = 17) {
  OnnxBuilder graph(opset);
  graph.Input("x", {-1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  graph.Floats("v", {3, 2}, {1, 4, 2, 5, 3, 6});
  graph.Floats("b", {3}, {10, 20, 30}).Floats("b1", {1, 3}, {10, 20, 30}).Floats("s", {}, {7});
  return graph;
}

// The only layer of a graph whose last node computes y.
model::Layer OnlyLayer(OnnxBuilder graph) {
  model::Mlp mlp = Import(graph.Output("y"));
  EXPECT_THAT(mlp.layers, SizeIs(1));
  return mlp.layers.empty() ? model::Layer() : mlp.layers[0];
}

void ExpectLayer(const model::Layer& layer, const std::vector<float>& weights,
                 const std::vector<float>& bias) {
  EXPECT_EQ(layer.weights, weights);
  EXPECT_EQ(layer.bias, bias);
}

const std::vector<float> kWeights{1, 4, 2, 5, 3, 6};
const std::vector<float> kBias{10, 20, 30};

TEST(ImportOnnx, TakesGemmInEveryForm) {
  using Inputs = std::vector<std::string>;
  const auto gemm = [](const Inputs& inputs,
                       const std::vector<hillock::testing::OnnxAttribute>& attributes) {
    return OnlyLayer(Start().Node("Gemm", inputs, "y", attributes));
  };
  ExpectLayer(gemm({"x", "w", "b"}, {}), kWeights, kBias);
  ExpectLayer(gemm({"x", "w", "b1"}, {}), kWeights, kBias);
  ExpectLayer(gemm({"x", "v", "b"}, {Integer("transB", 1)}), kWeights, kBias);
  ExpectLayer(gemm({"x", "w"}, {}), kWeights, {0, 0, 0});
  ExpectLayer(gemm({"x", "w", ""}, {}), kWeights, {0, 0, 0});
  ExpectLayer(gemm({"x", "w", "s"}, {}), kWeights, {7, 7, 7});
  ExpectLayer(gemm({"x", "w", "b"}, {Real("alpha", 2), Real("beta", 3)}), {2, 8, 4, 10, 6, 12},
              {30, 60, 90});
  ExpectLayer(gemm({"x", "w", "b"}, {Real("beta", 0)}), kWeights, {0, 0, 0});
}

TEST(ImportOnnx, TakesMatMulWithAndWithoutABias) {
  ExpectLayer(OnlyLayer(Start().Node("MatMul", {"x", "w"}, "y")), kWeights, {0, 0, 0});
  for (const auto& inputs : {std::vector<std::string>{"m", "b"}, {"b", "m"}, {"m", "b1"}}) {
    ExpectLayer(OnlyLayer(Start().Node("MatMul", {"x", "w"}, "m").Node("Add", inputs, "y")),
                kWeights, kBias);
  }
  ExpectLayer(OnlyLayer(Start().Node("MatMul", {"x", "w"}, "m").Node("Sub", {"m", "b"}, "y")),
              kWeights, {-10, -20, -30});
}

TEST(ImportOnnx, TakesAWeightVector) {
  const model::Layer layer =
      OnlyLayer(Start().Floats("u", {2}, {3, 4}).Node("MatMul", {"x", "u"}, "y"));
  ExpectLayer(layer, {3, 4}, {0});
}

TEST(ImportOnnx, FoldsConstants) {
  OnnxBuilder graph = Start();
  graph.Int64s("flat", {1}, {-1}).Int64s("shape", {2}, {2, 3}).Int64s("axis", {1}, {0});
  graph.Node("Reshape", {"w", "flat"}, "w1").Node("Identity", {"w1"}, "w2");
  graph.Node("Reshape", {"w2", "shape"}, "w3").Node("Transpose", {"w3"}, "w4");
  graph.Node("Cast", {"w4"}, "w5", {Integer("to", 1)});
  graph.Node("Constant", {}, "two", {Real("value_float", 2)}).Node("Mul", {"w5", "two"}, "w6");
  graph.Node("Unsqueeze", {"w6", "axis"}, "w7").Node("Squeeze", {"w7", "axis"}, "w8");
  graph.Floats("b23", {2}, {20, 30}).Floats("b10", {1}, {10});
  graph.Node("Concat", {"b10", "b23"}, "c", {Integer("axis", 0)});
  graph.Node("Gemm", {"x", "w8", "c"}, "y", {Integer("transB", 1)});
  ExpectLayer(OnlyLayer(graph), {2, 8, 4, 10, 6, 12}, kBias);
}

TEST(ImportOnnx, ReadsEveryFloatingType) {
  const std::string half("\x00\x3c\x00\xc0\x01\x00\xff\x7b", 8);  // 1, -2, 2^-24, 65504
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Raw("w", DataType::kFloat16, {2, 2}, half);
  ExpectLayer(OnlyLayer(graph.Node("MatMul", {"x", "w"}, "y")),
              {1, std::ldexp(1.0f, -24), -2, 65504}, {0, 0});

  const std::string bfloat16("\x80\x3f\x49\x40\x00\xc0\x80\x00", 8);
  OnnxBuilder brain;
  brain.Input("x", {-1, 2}).Raw("w", DataType::kBfloat16, {2, 2}, bfloat16);
  ExpectLayer(OnlyLayer(brain.Node("MatMul", {"x", "w"}, "y")),
              {1, -2, 3.140625f, std::ldexp(1.0f, -126)}, {0, 0});

  std::string doubles;
  for (const double value : {0.1, 1.0 / 3, -2.0, 1e-300}) {
    doubles += std::string(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  OnnxBuilder wide;
  wide.Input("x", {-1, 2}, DataType::kDouble).Raw("w", DataType::kDouble, {2, 2}, doubles);
  ExpectLayer(OnlyLayer(wide.Node("MatMul", {"x", "w"}, "y")), {0.1f, -2, 1.0f / 3, 0}, {0, 0});
}

TEST(ImportOnnx, ReadsTypedDataLikeRawData) {
  onnx::WireWriter tensor;
  tensor.Integer(1, 2).Integer(1, 3).Integer(2, 1).Bytes(8, "w");
  tensor.Bytes(4, hillock::testing::Bytes({1, 2, 3, 4, 5, 6}));
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Initializer(tensor).Node("MatMul", {"x", "w"}, "y");
  ExpectLayer(OnlyLayer(graph), kWeights, {0, 0, 0});
}

TEST(ImportOnnx, MakesTheFirstScalingTheNormalization) {
  OnnxBuilder graph = Start();
  graph.Floats("mean", {2}, {0.1f, -3}).Floats("scale", {1, 2}, {0.3f, 7});
  graph.Node("Sub", {"x", "mean"}, "x1").Node("Mul", {"x1", "scale"}, "x2");
  graph.Node("MatMul", {"x2", "w"}, "y").Output("y");
  const model::Mlp mlp = Import(graph);
  EXPECT_THAT(mlp.offset, ElementsAre(0.1f, -3));
  EXPECT_THAT(mlp.scale, ElementsAre(0.3f, 7));
  EXPECT_EQ(mlp.layers[0].weights, kWeights);
}

TEST(ImportOnnx, TakesTheScalerOfScikitLearn) {
  OnnxBuilder graph = Start();
  graph.Node("Scaler", {"x"}, "x1", {Reals("offset", {0.1f, 2}), Reals("scale", {5, 0.7f})},
             "ai.onnx.ml");
  const model::Mlp mlp = Import(graph.Node("MatMul", {"x1", "w"}, "y").Output("y"));
  EXPECT_THAT(mlp.offset, ElementsAre(0.1f, 2));
  EXPECT_THAT(mlp.scale, ElementsAre(5, 0.7f));
}

TEST(ImportOnnx, MovesAScaleOfZeroIntoTheLayer) {
  OnnxBuilder graph = Start();
  graph.Floats("zero", {2}, {0, 1}).Floats("one", {2}, {1, 0});
  graph.Node("Mul", {"x", "zero"}, "x1").Node("Add", {"x1", "one"}, "x2");
  const model::Mlp mlp = Import(graph.Node("MatMul", {"x2", "w"}, "y").Output("y"));
  EXPECT_THAT(mlp.scale, IsEmpty());
  ExpectLayer(mlp.layers[0], {0, 4, 0, 5, 0, 6}, {1, 2, 3});
}

// scale (x - mean) / sqrt(variance + epsilon) + bias with exact numbers: (x - mean) * {1, 2, -4} +
// b
OnnxBuilder& AddBatchNorm(OnnxBuilder& graph, const std::string& from, const std::string& to) {
  graph.Floats("g", {3}, {2, 2, -2}).Floats("mean", {3}, {1, 2, 3});
  graph.Floats("var", {3}, {3.5f, 0.5f, -0.25f});
  return graph.Node("BatchNormalization", {from, "g", "b", "mean", "var"}, to,
                    {Real("epsilon", 0.5f)});
}

TEST(ImportOnnx, FoldsBatchNormalizationIntoTheLayerBefore) {
  OnnxBuilder graph = Start();
  graph.Node("MatMul", {"x", "w"}, "m");
  ExpectLayer(OnlyLayer(AddBatchNorm(graph, "m", "y")), {1, 4, 4, 10, -12, -24}, {9, 16, 42});
}

TEST(ImportOnnx, FoldsBatchNormalizationIntoTheLayerAfter) {
  OnnxBuilder graph = Start();
  graph.Node("MatMul", {"x", "w"}, "m").Node("Relu", {"m"}, "r");
  AddBatchNorm(graph, "r", "n").Floats("u", {3, 1}, {1, 10, 100});
  const model::Mlp mlp = Import(graph.Node("MatMul", {"n", "u"}, "y").Output("y"));
  ASSERT_THAT(mlp.layers, SizeIs(2));
  EXPECT_EQ(mlp.layers[0].activation->name, "relu");
  ExpectLayer(mlp.layers[0], kWeights, {0, 0, 0});
  ExpectLayer(mlp.layers[1], {1, 20, -400}, {9 + 160 + 4200});
}

TEST(ImportOnnx, AddsALayerForScalingAtTheEnd) {
  OnnxBuilder graph = Start();
  graph.Node("MatMul", {"x", "w"}, "m").Node("Tanh", {"m"}, "t");
  graph.Node("Mul", {"t", "s"}, "k").Node("Add", {"k", "b"}, "y").Output("y");
  const model::Mlp mlp = Import(graph);
  ASSERT_THAT(mlp.layers, SizeIs(2));
  const auto* const scale = std::get_if<model::Scale>(&*mlp.layers[1].operation);
  ASSERT_NE(scale, nullptr);
  EXPECT_THAT(scale->scale, ElementsAre(7, 7, 7));
  EXPECT_EQ(scale->shift, kBias);
}

TEST(ImportOnnx, AddsALayerForAnActivationThatComesFirst) {
  const model::Mlp mlp =
      Import(Start().Node("Tanh", {"x"}, "t").Node("MatMul", {"t", "w"}, "y").Output("y"));
  ASSERT_THAT(mlp.layers, SizeIs(2));
  EXPECT_EQ(model::NameOf(*mlp.layers[0].operation), "copy");
  EXPECT_EQ(mlp.layers[0].activation->name, "tanh");
}

TEST(ImportOnnx, LooksThroughWhatLeavesTheRowAlone) {
  OnnxBuilder graph(17);
  graph.Input("x", {5, 1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  graph.Int64s("shape", {3}, {0, 1, -1}).Int64s("five", {2}, {5, 2}).Int64s("axis", {1}, {1});
  graph.Node("Identity", {"x"}, "a")
      .Node("Dropout", {"a"}, "c")
      .Node("Reshape", {"c", "shape"}, "d");
  graph.Node("Squeeze", {"d", "axis"}, "e").Node("Unsqueeze", {"e", "axis"}, "f");
  graph.Node("Flatten", {"f"}, "g").Node("Reshape", {"g", "five"}, "h");
  graph.Node("Cast", {"h"}, "i", {Integer("to", 11)}).Node("MatMul", {"i", "w"}, "y");
  ExpectLayer(OnlyLayer(graph), kWeights, {0, 0, 0});
}

TEST(ImportOnnx, FollowsAShapeThatIsComputed) {
  OnnxBuilder graph(17);
  graph.Input("x", {-1, 1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  graph.Int64s("zero", {}, {0}).Int64s("axis", {1}, {0}).Int64s("rest", {1}, {-1});
  graph.Node("Shape", {"x"}, "s").Node("Gather", {"s", "zero"}, "n");
  graph.Node("Unsqueeze", {"n", "axis"}, "n1");
  graph.Node("Concat", {"n1", "rest"}, "shape", {Integer("axis", 0)});
  graph.Node("Reshape", {"x", "shape"}, "f").Node("MatMul", {"f", "w"}, "y");
  ExpectLayer(OnlyLayer(graph), kWeights, {0, 0, 0});
}

TEST(ImportOnnx, TakesTheWidthFromTheWeightsWhenTheInputHasNone) {
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{-1, -1}, {}}) {
    OnnxBuilder graph;
    graph.Input("x", shape).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
    ExpectLayer(OnlyLayer(graph.Node("MatMul", {"x", "w"}, "y")), kWeights, {0, 0, 0});
  }
}

TEST(ImportOnnx, LeavesInitializersOutOfTheInputs) {
  OnnxBuilder graph = Start();
  graph.Input("w", {2, 3}).Node("MatMul", {"x", "w"}, "y");
  ExpectLayer(OnlyLayer(graph), kWeights, {0, 0, 0});
}

TEST(ImportOnnx, NamesTensorsLayersAndProducer) {
  OnnxBuilder graph;
  graph.Input("features", {-1, 2}).Floats("net.0.weight", {1, 2}, {1, 2});
  graph.Node("Gemm", {"features", "net.0.weight"}, "m", {Integer("transB", 1)});
  graph.Floats("u", {1, 1}, {1}).Node("Relu", {"m"}, "r").Node("MatMul", {"r", "u"}, "score");
  const model::Mlp mlp = Import(graph.Output("score"));
  EXPECT_EQ(mlp.inputs.front().name, "features");
  EXPECT_EQ(mlp.outputs.front().name, "score");
  EXPECT_EQ(mlp.producer, "a test");
  EXPECT_EQ(mlp.layers[0].name, "net.0");
  EXPECT_EQ(mlp.layers[1].name, "n2");
}

TEST(ImportOnnx, TakesSoftmaxInBothMeaningsOfAxis) {
  const auto softmax = [](int64_t opset, const std::vector<hillock::testing::OnnxAttribute>& axis) {
    return OnlyLayer(Start(opset).Node("MatMul", {"x", "w"}, "m").Node("Softmax", {"m"}, "y", axis))
        .activation->name;
  };
  EXPECT_EQ(softmax(11, {}), "softmax");
  EXPECT_EQ(softmax(11, {Integer("axis", -1)}), "softmax");
  EXPECT_EQ(softmax(13, {}), "softmax");
  EXPECT_EQ(softmax(13, {Integer("axis", 1)}), "softmax");
}

TEST(ImportOnnx, MakesTwoColumnsOfOneMinusPAndP) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 1}, {3, 4}).Floats("b", {1}, {5});
  graph.Floats("one", {}, {1}).Node("MatMul", {"x", "w"}, "m").Node("Add", {"m", "b"}, "z");
  graph.Node("Sigmoid", {"z"}, "p").Node("Sub", {"one", "p"}, "q");
  graph.Node("Concat", {"q", "p"}, "y", {Integer("axis", 1)});
  const model::Layer layer = OnlyLayer(graph);
  ExpectLayer(layer, {0, 0, 3, 4}, {0, 5});
  EXPECT_EQ(layer.outputs, 2u);
  EXPECT_EQ(layer.activation->name, "softmax");
}

TEST(ImportOnnx, ReadsExternalData) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2});
  graph.External("w", {2, 3}, {{"location", "d"}, {"offset", "4"}, {"length", "24"}});
  graph.External("b", {3}, {{"location", "d"}, {"offset", "28"}});
  graph.Node("Gemm", {"x", "w", "b"}, "y").Output("y");
  const std::string data = hillock::testing::Bytes({99, 1, 2, 3, 4, 5, 6, 10, 20, 30});
  const auto mlp = ImportOnnx(graph.Build(), [&](std::string_view location) {
    EXPECT_EQ(location, "d");
    return absl::StatusOr<std::string_view>(data);
  });
  ASSERT_THAT(mlp, IsOk());
  ExpectLayer(mlp->layers[0], kWeights, kBias);
}

}  // namespace
}  // namespace hillock::onnx
