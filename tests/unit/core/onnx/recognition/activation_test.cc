// SPDX-License-Identifier: Apache-2.0

// Activations, direct and in the forms that exporters spell them out in.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using activation::kInfinity;
using ::hillock::testing::Integer;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Real;
using ::hillock::testing::StatusIs;
using ::hillock::testing::Text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A step of a spelled-out activation; its output is called after its operator.
struct Step {
  std::string op;
  std::vector<std::string> inputs;  // "x", outputs of steps before ("t0", "t1", ...), or numbers
  std::vector<hillock::testing::OnnxAttribute> attributes{};
};

struct Case {
  std::string name;
  std::vector<Step> steps;
  std::string want;
  std::map<std::string, float> params{};
  int64_t opset = 20;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

bool IsNumber(const std::string& text) { return text.find_first_of("xt") == std::string::npos; }

// A dense layer x of three units with a bias, the steps, and another dense layer.
OnnxBuilder Graph(const std::vector<Step>& steps, int64_t opset) {
  OnnxBuilder graph(opset);
  graph.Input("in", {-1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  graph.Floats("b", {3}, {0.25f, -1, 3}).Node("Gemm", {"in", "w", "b"}, "x");
  std::set<std::string> known{""};
  for (size_t i = 0; i < steps.size(); ++i) {
    for (const std::string& input : steps[i].inputs) {
      if (!IsNumber(input) || !known.insert(input).second) continue;
      graph.Floats(input, {}, {std::stof(input)});
    }
    graph.Node(steps[i].op, steps[i].inputs, fmt::format("t{}", i), steps[i].attributes);
  }
  graph.Floats("u", {3, 1}, {1, 2, 3});
  return graph.Node("MatMul", {fmt::format("t{}", steps.size() - 1), "u"}, "y").Output("y");
}

class OnnxActivationTest : public ::testing::TestWithParam<Case> {};

TEST_P(OnnxActivationTest, IsRecognized) {
  const Case& each = GetParam();
  const auto mlp = ImportOnnx(Graph(each.steps, each.opset).Build());
  ASSERT_THAT(mlp, ::hillock::testing::IsOk());
  ASSERT_EQ(mlp->layers.size(), 2u);
  const model::Layer& layer = mlp->layers[0];
  EXPECT_EQ(layer.activation->name, each.want);
  EXPECT_THAT(layer.weights, ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(layer.bias, ElementsAre(0.25f, -1, 3));
  EXPECT_THAT(mlp->layers[1].weights, ElementsAre(1, 2, 3));
  const auto params = activation::ResolveParams(*layer.activation, each.params);
  ASSERT_THAT(params, ::hillock::testing::IsOk());
  for (size_t i = 0; i < params->size(); ++i) EXPECT_FLOAT_EQ(layer.params[i], (*params)[i]);
}

const Case kCases[] = {
    {"sigmoid", {{"Sigmoid", {"x"}}}, "sigmoid"},
    {"leaky_default", {{"LeakyRelu", {"x"}}}, "leaky_relu", {{"alpha", 0.01f}}},
    {"leaky", {{"LeakyRelu", {"x"}, {Real("alpha", 0.3f)}}}, "leaky_relu", {{"alpha", 0.3f}}},
    {"leaky_as_max",
     {{"Mul", {"x", "0.3"}}, {"Max", {"x", "t0"}}},
     "leaky_relu",
     {{"alpha", 0.3f}}},
    {"leaky_as_where",
     {{"Greater", {"x", "0"}}, {"Mul", {"x", "0.2"}}, {"Where", {"t0", "x", "t1"}}},
     "leaky_relu",
     {{"alpha", 0.2f}}},
    {"elu", {{"Elu", {"x"}, {Real("alpha", 0.5f)}}}, "elu", {{"alpha", 0.5f}}},
    {"elu_of_torch",
     {{"Mul", {"x", "1"}}, {"Elu", {"t0"}}, {"Mul", {"t1", "1"}}},
     "elu",
     {{"alpha", 1.0f}}},
    {"elu_spelled",
     {{"Exp", {"x"}},
      {"Sub", {"t0", "1"}},
      {"Mul", {"t1", "0.7"}},
      {"Greater", {"x", "0"}},
      {"Where", {"t3", "x", "t2"}}},
     "elu",
     {{"alpha", 0.7f}}},
    {"selu", {{"Selu", {"x"}}}, "selu"},
    {"celu", {{"Celu", {"x"}, {Real("alpha", 1.5f)}}}, "celu", {{"alpha", 1.5f}}},
    {"celu_spelled",
     {{"Max", {"x", "0"}},
      {"Div", {"x", "1.5"}},
      {"Exp", {"t1"}},
      {"Sub", {"t2", "1"}},
      {"Mul", {"t3", "1.5"}},
      {"Min", {"t4", "0"}},
      {"Add", {"t0", "t5"}}},
     "celu",
     {{"alpha", 1.5f}}},
    {"swish_of_torch", {{"Sigmoid", {"x"}}, {"Mul", {"x", "t0"}}}, "swish", {{"beta", 1}}},
    {"swish_turned", {{"Sigmoid", {"x"}}, {"Mul", {"t0", "x"}}}, "swish", {{"beta", 1}}},
    {"swish_beta",
     {{"Mul", {"1.7", "x"}}, {"Sigmoid", {"t0"}}, {"Mul", {"t1", "x"}}},
     "swish",
     {{"beta", 1.7f}}},
    {"swish_op", {{"Swish", {"x"}, {Real("alpha", 2)}}}, "swish", {{"beta", 2}}, 24},
    {"mish_op", {{"Mish", {"x"}}}, "mish"},
    {"mish", {{"Softplus", {"x"}}, {"Tanh", {"t0"}}, {"Mul", {"x", "t1"}}}, "mish"},
    {"gelu_op", {{"Gelu", {"x"}}}, "gelu_erf"},
    {"gelu_op_none", {{"Gelu", {"x"}, {Text("approximate", "none")}}}, "gelu_erf"},
    {"gelu_op_tanh", {{"Gelu", {"x"}, {Text("approximate", "tanh")}}}, "gelu_tanh"},
    {"gelu_of_torch",
     {{"Div", {"x", "1.4142135"}},
      {"Erf", {"t0"}},
      {"Add", {"t1", "1"}},
      {"Mul", {"x", "t2"}},
      {"Mul", {"t3", "0.5"}}},
     "gelu_erf"},
    {"gelu_half_first",
     {{"Mul", {"x", "0.5"}},
      {"Mul", {"x", "0.70710677"}},
      {"Erf", {"t1"}},
      {"Add", {"1", "t2"}},
      {"Mul", {"t0", "t3"}}},
     "gelu_erf"},
    {"gelu_tanh_with_pow",
     {{"Pow", {"x", "3"}},
      {"Mul", {"t0", "0.044715"}},
      {"Add", {"x", "t1"}},
      {"Mul", {"t2", "0.7978846"}},
      {"Tanh", {"t3"}},
      {"Add", {"t4", "1"}},
      {"Mul", {"x", "0.5"}},
      {"Mul", {"t6", "t5"}}},
     "gelu_tanh"},
    {"softplus", {{"Softplus", {"x"}}}, "softplus"},
    {"softplus_of_dynamo",
     {{"Mul", {"x", "1"}},
      {"Softplus", {"t0"}},
      {"Div", {"t1", "1"}},
      {"Greater", {"t0", "20"}},
      {"Where", {"t3", "x", "t2"}}},
     "softplus"},
    {"softplus_spelled", {{"Exp", {"x"}}, {"Add", {"t0", "1"}}, {"Log", {"t1"}}}, "softplus"},
    {"log_sigmoid", {{"Sigmoid", {"x"}}, {"Log", {"t0"}}}, "log_sigmoid"},
    {"log_sigmoid_by_softplus",
     {{"Neg", {"x"}}, {"Softplus", {"t0"}}, {"Neg", {"t1"}}},
     "log_sigmoid"},
    {"softsign", {{"Softsign", {"x"}}}, "softsign"},
    {"softsign_spelled", {{"Abs", {"x"}}, {"Add", {"t0", "1"}}, {"Div", {"x", "t1"}}}, "softsign"},
    {"relu6", {{"Clip", {"x", "0", "6"}}}, "clip", {{"min", 0}, {"max", 6}}},
    {"relu6_as_attributes",
     {{"Clip", {"x"}, {Real("min", 0), Real("max", 6)}}},
     "clip",
     {{"min", 0}, {"max", 6}},
     10},
    {"relu6_as_min_of_relu",
     {{"Relu", {"x"}}, {"Min", {"t0", "6"}}},
     "clip",
     {{"min", 0}, {"max", 6}}},
    {"hardtanh", {{"Clip", {"x", "-1", "1"}}}, "clip", {{"min", -1}, {"max", 1}}},
    // ONNX: with min above max every value becomes max.
    {"clip_upside_down", {{"Clip", {"x", "5", "2"}}}, "clip", {{"min", 2}, {"max", 2}}},
    {"clip_upside_down_to_0", {{"Clip", {"x", "1e9", "0"}}}, "clip", {{"min", 0}, {"max", 0}}},
    {"clip_upside_down_in_opset_10",
     {{"Clip", {"x"}, {Real("min", 1), Real("max", -3)}}},
     "clip",
     {{"min", -3}, {"max", -3}},
     10},
    {"relu_as_clip", {{"Clip", {"x", "0", ""}}}, "relu"},
    {"relu_as_max", {{"Max", {"0", "x"}}}, "relu"},
    {"hard_sigmoid", {{"HardSigmoid", {"x"}}}, "hard_sigmoid", {{"alpha", 0.2f}, {"beta", 0.5f}}},
    {"hard_swish", {{"HardSwish", {"x"}}}, "hard_swish"},
    {"hard_swish_spelled",
     {{"Add", {"x", "3"}}, {"Clip", {"t0", "0", "6"}}, {"Mul", {"x", "t1"}}, {"Div", {"t2", "6"}}},
     "hard_swish"},
    {"hard_swish_of_torch",
     {{"HardSigmoid", {"x"}, {Real("alpha", 1.0f / 6)}}, {"Mul", {"x", "t0"}}},
     "hard_swish"},
    {"thresholded",
     {{"ThresholdedRelu", {"x"}, {Real("alpha", 0.3f)}}},
     "thresholded_relu",
     {{"alpha", 0.3f}}},
    {"thresholded_as_where",
     {{"Greater", {"x", "0.3"}}, {"Where", {"t0", "x", "0"}}},
     "thresholded_relu",
     {{"alpha", 0.3f}}},
    {"thresholded_with_zeros_like",
     {{"Greater", {"x", "0.3"}},
      {"Shape", {"x"}},
      {"ConstantOfShape", {"t1"}},
      {"Where", {"t0", "x", "t2"}}},
     "thresholded_relu",
     {{"alpha", 0.3f}}},
    {"step", {{"GreaterOrEqual", {"x", "0"}}, {"Cast", {"t0"}, {Integer("to", 1)}}}, "step"},
    {"step_as_not_less",
     {{"Less", {"x", "0"}}, {"Not", {"t0"}}, {"Cast", {"t1"}, {Integer("to", 1)}}},
     "step"},
    {"sin", {{"Sin", {"x"}}}, "sin"},
    {"gcu", {{"Cos", {"x"}}, {"Mul", {"x", "t0"}}}, "gcu"},
    {"ncu", {{"Mul", {"x", "x"}}, {"Mul", {"t0", "x"}}, {"Sub", {"x", "t1"}}}, "ncu"},
    {"ncu_with_pow", {{"Pow", {"x", "3"}}, {"Sub", {"x", "t0"}}}, "ncu"},
    {"abs", {{"Abs", {"x"}}}, "abs"},
    {"square", {{"Mul", {"x", "x"}}}, "square"},
    {"square_with_pow", {{"Pow", {"x", "2"}}}, "square"},
    {"relu_squared", {{"Relu", {"x"}}, {"Mul", {"t0", "t0"}}}, "relu_squared"},
    {"relu_squared_with_pow", {{"Relu", {"x"}}, {"Pow", {"t0", "2"}}}, "relu_squared"},
    {"sqrt", {{"Sqrt", {"x"}}}, "sqrt"},
    {"reciprocal", {{"Reciprocal", {"x"}}}, "reciprocal"},
    {"reciprocal_with_div", {{"Div", {"1", "x"}}}, "reciprocal"},
    {"exp", {{"Exp", {"x"}}}, "exp"},
    {"log", {{"Log", {"x"}}}, "log"},
    {"cos", {{"Cos", {"x"}}}, "cos"},
    {"atan", {{"Atan", {"x"}}}, "atan"},
    {"erf", {{"Erf", {"x"}}}, "erf"},
    {"gaussian", {{"Mul", {"x", "x"}}, {"Neg", {"t0"}}, {"Exp", {"t1"}}}, "gaussian"},
    {"gaussian_of_half",
     {{"Pow", {"x", "2"}}, {"Mul", {"t0", "-0.5"}}, {"Exp", {"t1"}}},
     "gaussian",
     {{"gamma", 0.5f}}},
    {"squareplus",
     {{"Mul", {"x", "x"}},
      {"Add", {"t0", "2"}},
      {"Sqrt", {"t1"}},
      {"Add", {"x", "t2"}},
      {"Mul", {"t3", "0.5"}}},
     "squareplus",
     {{"b", 2}}},
    {"snake",
     {{"Mul", {"x", "3"}},
      {"Sin", {"t0"}},
      {"Pow", {"t1", "2"}},
      {"Div", {"t2", "3"}},
      {"Add", {"x", "t3"}}},
     "snake",
     {{"a", 3}}},
    {"tanhshrink", {{"Tanh", {"x"}}, {"Sub", {"x", "t0"}}}, "tanhshrink"},
    {"shrink", {{"Shrink", {"x"}}}, "shrink", {{"lambd", 0.5f}, {"bias", 0}}},
    {"shrink_soft",
     {{"Shrink", {"x"}, {Real("lambd", 0.25f), Real("bias", 0.25f)}}},
     "shrink",
     {{"lambd", 0.25f}, {"bias", 0.25f}}},
    {"clip_from_below", {{"Clip", {"x", "0.5", ""}}}, "clip", {{"min", 0.5f}, {"max", kInfinity}}},
    {"clip_from_above", {{"Min", {"x", "2"}}}, "clip", {{"min", -kInfinity}, {"max", 2}}},
    {"clip_near_0",
     {{"Clip", {"x", "0.00001", ""}}},
     "clip",
     {{"min", 0.00001f}, {"max", kInfinity}}},
};

INSTANTIATE_TEST_SUITE_P(Forms, OnnxActivationTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(OnnxActivation, HasItsScalesMovedIntoTheLayersBesideIt) {
  // 2 sin(3 x + 1) - 5
  const auto mlp = ImportOnnx(Graph({{"Mul", {"x", "3"}},
                                     {"Add", {"t0", "1"}},
                                     {"Sin", {"t1"}},
                                     {"Mul", {"t2", "2"}},
                                     {"Sub", {"t3", "5"}}},
                                    17)
                                  .Build());
  ASSERT_THAT(mlp, ::hillock::testing::IsOk());
  EXPECT_THAT(mlp->layers[0].weights, ElementsAre(3, 12, 6, 15, 9, 18));
  EXPECT_THAT(mlp->layers[0].bias, ElementsAre(1.75f, -2, 10));
  EXPECT_THAT(mlp->layers[1].weights, ElementsAre(2, 4, 6));
  EXPECT_THAT(mlp->layers[1].bias, ElementsAre(-5 - 10 - 15));
}

TEST(OnnxActivation, MayHaveAnOffsetOfItsOwnMovedIntoTheBias) {
  const auto mlp = ImportOnnx(
      Graph({{"Add", {"x", "3"}}, {"Clip", {"t0", "0", "6"}}, {"Div", {"t1", "6"}}}, 17).Build());
  ASSERT_THAT(mlp, ::hillock::testing::IsOk());
  EXPECT_EQ(mlp->layers[0].activation->name, "hard_sigmoid");
  EXPECT_THAT(mlp->layers[0].params, ElementsAre(1.0f / 6, 0));
  EXPECT_THAT(mlp->layers[0].bias, ElementsAre(3.25f, 2, 6));
}

TEST(OnnxActivation, IsFoundAfterScalesOfAnyForm) {
  // 3 swish(2 x)
  const auto mlp = ImportOnnx(
      Graph({{"Mul", {"x", "2"}}, {"Sigmoid", {"t0"}}, {"Mul", {"t0", "t1"}}, {"Mul", {"t2", "3"}}},
            17)
          .Build());
  ASSERT_THAT(mlp, ::hillock::testing::IsOk());
  EXPECT_EQ(mlp->layers[0].activation->name, "swish");
}

TEST(OnnxActivation, MayBePreluWithOneSlopeOrOneAUnit) {
  for (const std::vector<float>& slopes : {std::vector<float>{0.5f}, {0.5f, -1, 2}}) {
    OnnxBuilder graph;
    graph.Input("in", {-1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
    graph.Floats("slope", {static_cast<int64_t>(slopes.size())}, slopes);
    graph.Node("MatMul", {"in", "w"}, "x").Node("PRelu", {"x", "slope"}, "y").Output("y");
    const auto mlp = ImportOnnx(graph.Build());
    ASSERT_THAT(mlp, ::hillock::testing::IsOk());
    EXPECT_EQ(mlp->layers[0].activation->name, "prelu");
    EXPECT_EQ(mlp->layers[0].slopes, slopes.size() == 1 ? std::vector<float>(3, 0.5f) : slopes);
  }
}

TEST(OnnxActivation, MayBeSpelledOutPrelu) {
  OnnxBuilder graph;
  graph.Input("in", {-1, 2}).Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  graph.Floats("slope", {3}, {0.5f, -1, 2}).Floats("b", {3}, {0.1f, 0.2f, 0.3f});
  graph.Node("Gemm", {"in", "w", "b"}, "x").Node("Neg", {"x"}, "n").Node("Relu", {"n"}, "below");
  graph.Node("Mul", {"slope", "below"}, "m").Node("Relu", {"x"}, "above");
  graph.Node("Sub", {"above", "m"}, "y").Output("y");
  const auto mlp = ImportOnnx(graph.Build());
  ASSERT_THAT(mlp, ::hillock::testing::IsOk());
  EXPECT_EQ(mlp->layers[0].activation->name, "prelu");
  EXPECT_THAT(mlp->layers[0].slopes, ElementsAre(0.5f, -1, 2));
  EXPECT_THAT(mlp->layers[0].weights, ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(OnnxActivation, IsComputedOperatorByOperatorWhenTheTableHasNothingLikeIt) {
  const auto computes = [](const std::vector<Step>& steps, double (*f)(double)) {
    ExpectAnswers(Import(Graph(steps, 17)), {[f](const Values& x) {
                    const Values z = Plus(Dense(x, {1, 2, 3, 4, 5, 6}), {0.25f, -1, 3});
                    return Dense(Map(z, f), {1, 2, 3});
                  }});
  };
  computes({{"Sign", {"x"}}}, [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; });
  computes({{"Greater", {"x", "0"}}, {"Cast", {"t0"}, {Integer("to", 1)}}},
           [](double x) { return x > 0 ? 1.0 : 0.0; });
  computes({{"Sigmoid", {"x"}}, {"Mul", {"t0", "t0"}}},
           [](double x) { return Sigmoid(x) * Sigmoid(x); });
  // A swish but in one interval.
  computes({{"Sigmoid", {"x"}},
            {"Mul", {"x", "t0"}},
            {"Greater", {"x", "3.1"}},
            {"Where", {"t2", "x", "t1"}}},
           [](double x) { return x > double{3.1f} ? x : x * Sigmoid(x); });
}

TEST(OnnxActivation, IsRefusedBeforeItsOperatorSet) {
  EXPECT_THAT(
      ImportOnnx(Graph({{"Gelu", {"x"}}}, 17).Build()),
      StatusIs(absl::StatusCode::kUnimplemented,
               HasSubstr("n1' (Gelu): is not in this form an operator of operator set 17")));
}

}  // namespace
}  // namespace hillock::onnx
