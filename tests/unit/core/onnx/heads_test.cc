// SPDX-License-Identifier: Apache-2.0

// Graphs with several outputs: who shares which layer, and what still comes out.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Random;
using ::hillock::testing::Real;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Code = absl::StatusCode;

std::vector<size_t> Sources(const model::Mlp& mlp) {
  std::vector<size_t> sources;
  for (const model::Layer& layer : mlp.layers) {
    for (const model::ValueId source : layer.sources()) sources.push_back(model::NumberOf(source));
  }
  return sources;
}

std::vector<std::string> Activations(const model::Mlp& mlp) {
  std::vector<std::string> names;
  for (const model::Layer& layer : mlp.layers) names.emplace_back(layer.activation->name);
  return names;
}

std::vector<std::string> Outputs(const model::Mlp& mlp) {
  std::vector<std::string> texts;
  for (const model::Output& output : mlp.outputs) {
    texts.push_back(fmt::format("{} of {}", output.name, model::NumberOf(output.source)));
  }
  return texts;
}

// x [rows, 4], a trunk "t" = x u + b of 3 values, and weights of heads: p of 3 -> 2, q of 3 -> 5.
class OnnxHeads : public ::testing::Test {
 protected:
  OnnxHeads() {
    graph_.Input("x", {-1, 4}).Floats("u", {4, 3}, u_).Floats("b", {3}, b_);
    graph_.Floats("p", {3, 2}, p_).Floats("q", {3, 5}, q_).Floats("c", {3}, c_);
    graph_.Node("Gemm", {"x", "u", "b"}, "t");
  }

  Values T(const Values& x) const { return Plus(Dense(x, u_), b_); }

  Random random_{7};
  const std::vector<float> u_ = random_.Floats(12, -1, 1);
  const std::vector<float> b_ = random_.Floats(3, -1, 1);
  const std::vector<float> c_ = random_.Floats(3, 0.5f, 2);
  const std::vector<float> p_ = random_.Floats(6, -1, 1);
  const std::vector<float> q_ = random_.Floats(15, -1, 1);
  OnnxBuilder graph_;
};

TEST_F(OnnxHeads, ShareTheirTrunk) {
  graph_.Node("Relu", {"t"}, "h").Node("MatMul", {"h", "p"}, "a").Node("Softmax", {"a"}, "policy");
  graph_.Node("MatMul", {"h", "q"}, "k").Node("Tanh", {"k"}, "value");
  const model::Mlp mlp = Import(graph_.Output("policy").Output("value"));
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 1, 1));
  EXPECT_THAT(Activations(mlp), ElementsAre("relu", "softmax", "tanh"));
  EXPECT_THAT(Outputs(mlp), ElementsAre("policy of 2", "value of 3"));
  ExpectAnswers(mlp, {[&](const Values& x) { return Softmax(Dense(Map(T(x), Relu), p_)); },
                      [&](const Values& x) {
                        return Map(Dense(Map(T(x), Relu), q_),
                                   [](double v) { return std::tanh(v); });
                      }});
}

TEST_F(OnnxHeads, ComeInAnyOrder) {
  graph_.Node("MatMul", {"t", "q"}, "second").Node("Sigmoid", {"t"}, "h");
  graph_.Node("MatMul", {"h", "p"}, "first").Output("first").Output("second").Output("h");
  const model::Mlp mlp = Import(graph_);
  EXPECT_THAT(Activations(mlp), ElementsAre("identity", "sigmoid", "identity", "identity"));
  ExpectAnswers(mlp, {[&](const Values& x) { return Dense(Map(T(x), Sigmoid), p_); },
                      [&](const Values& x) { return Dense(T(x), q_); },
                      [&](const Values& x) { return Map(T(x), Sigmoid); }});
}

TEST_F(OnnxHeads, ServeAHiddenLayerToo) {
  graph_.Node("Relu", {"t"}, "embedding").Node("MatMul", {"embedding", "p"}, "score");
  const model::Mlp mlp = Import(graph_.Output("score").Output("embedding"));
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 1));
  EXPECT_THAT(Outputs(mlp), ElementsAre("score of 2", "embedding of 1"));
}

TEST_F(OnnxHeads, ServeLogitsBesideTheirSoftmax) {
  graph_.Node("Softmax", {"t"}, "chances").Output("t").Output("chances");
  const model::Mlp mlp = Import(graph_);
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 1));
  EXPECT_EQ(model::NameOf(*mlp.layers[1].operation), "copy");
  ExpectAnswers(
      mlp, {[&](const Values& x) { return T(x); }, [&](const Values& x) { return Softmax(T(x)); }});
}

// A layer of one input costs less than one that copies its values.
TEST_F(OnnxHeads, TakeTheirWeightsTwiceWhereThatIsLess) {
  graph_.Floats("sum", {3, 1}, {1, 2, 3}).Floats("fan", {1, 3}, {4, 5, 6});
  graph_.Node("MatMul", {"t", "sum"}, "s").Node("MatMul", {"s", "fan"}, "z");
  const model::Mlp mlp =
      Import(graph_.Node("Softmax", {"z"}, "chances").Output("z").Output("chances"));
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 1, 2, 2));
  EXPECT_EQ(mlp.layers[2].weights, mlp.layers[3].weights);
  const auto z = [&](const Values& x) { return Dense(Dense(T(x), {1, 2, 3}), {4, 5, 6}); };
  ExpectAnswers(mlp, {z, [&](const Values& x) { return Softmax(z(x)); }});
}

TEST_F(OnnxHeads, AreDifferentFunctionsOfOneLayer) {
  graph_.Node("Relu", {"t"}, "r").Node("Tanh", {"t"}, "h").Node("LogSoftmax", {"t"}, "l");
  graph_.Floats("two", {}, {2}).Node("Mul", {"t", "two"}, "d");
  const model::Mlp mlp = Import(graph_.Output("r").Output("h").Output("l").Output("d"));
  EXPECT_EQ(mlp.outputs.size(), 4u);
  ExpectAnswers(
      mlp,
      {[&](const Values& x) { return Map(T(x), Relu); },
       [&](const Values& x) { return Map(T(x), [](double v) { return std::tanh(v); }); },
       [&](const Values& x) { return Map(Softmax(T(x)), [](double v) { return std::log(v); }); },
       [&](const Values& x) { return Map(T(x), [](double v) { return 2 * v; }); }});
}

TEST_F(OnnxHeads, LeaveArithmeticInTheTrunkWhenAllWantIt) {
  graph_.Node("Mul", {"t", "c"}, "n")
      .Node("MatMul", {"n", "p"}, "y")
      .Node("MatMul", {"n", "q"}, "z");
  const model::Mlp mlp = Import(graph_.Output("y").Output("z"));
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 1, 1));
  EXPECT_FLOAT_EQ(mlp.layers[0].bias[1], b_[1] * c_[1]);
  EXPECT_EQ(mlp.layers[1].weights[2], p_[4]) << "untouched";
}

TEST_F(OnnxHeads, TakeArithmeticThatOnlySomeWantUpon) {
  graph_.Node("Mul", {"t", "c"}, "n")
      .Node("MatMul", {"n", "p"}, "y")
      .Node("MatMul", {"t", "q"}, "z");
  const model::Mlp mlp = Import(graph_.Output("y").Output("z"));
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 1, 1));
  const auto scaled = [&](const Values& x) {
    Values n = T(x);
    for (size_t i = 0; i < n.size(); ++i) n[i] *= c_[i];
    return n;
  };
  ExpectAnswers(mlp, {[&](const Values& x) { return Dense(scaled(x), p_); },
                      [&](const Values& x) { return Dense(T(x), q_); }});
}

// To undo 1e-7 t + 1 would lose what t was.
TEST_F(OnnxHeads, NeverUndoArithmetic) {
  graph_.Floats("tiny", {}, {1e-7f}).Floats("one", {}, {1}).Node("Mul", {"t", "tiny"}, "m");
  graph_.Node("Add", {"m", "one"}, "n").Node("Relu", {"t"}, "r").Node("MatMul", {"t", "p"}, "y");
  const model::Mlp mlp = Import(graph_.Output("n").Output("r").Output("y"));
  for (const model::Layer& layer : mlp.layers) {
    for (const float weight : layer.weights) EXPECT_LT(std::abs(weight), 10) << layer.name;
  }
  ExpectAnswers(mlp,
                {[&](const Values& x) { return Map(T(x), [](double v) { return 1e-7 * v + 1; }); },
                 [&](const Values& x) { return Map(T(x), Relu); },
                 [&](const Values& x) { return Dense(T(x), p_); }});
}

TEST_F(OnnxHeads, FoldABatchNormalizationOfTheTrunk) {
  graph_.Floats("beta", {3}, {1, 2, 3}).Floats("mean", {3}, {-1, 0, 1});
  graph_.Floats("variance", {3}, {4, 9, 16});
  graph_.Node("BatchNormalization", {"t", "c", "beta", "mean", "variance"}, "n",
              {Real("epsilon", 0)});
  graph_.Node("Relu", {"n"}, "h").Node("MatMul", {"h", "p"}, "y").Node("MatMul", {"h", "q"}, "z");
  const model::Mlp mlp = Import(graph_.Output("y").Output("z").Output("n"));
  const auto normalized = [&](const Values& x) {
    Values n = T(x);
    for (size_t i = 0; i < n.size(); ++i) {
      const double mean = static_cast<double>(i) - 1;
      n[i] = (n[i] - mean) / (2 + static_cast<double>(i)) * c_[i] + 1 + static_cast<double>(i);
    }
    return n;
  };
  ExpectAnswers(mlp, {[&](const Values& x) { return Dense(Map(normalized(x), Relu), p_); },
                      [&](const Values& x) { return Dense(Map(normalized(x), Relu), q_); },
                      [&](const Values& x) { return normalized(x); }});
}

TEST_F(OnnxHeads, NormalizeTheInputWhenAllWantIt) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 4}).Floats("u", {4, 3}, u_).Floats("mean", {}, {3});
  graph.Node("Sub", {"x", "mean"}, "n").Node("MatMul", {"n", "u"}, "y").Node("Tanh", {"n"}, "z");
  const model::Mlp mlp = Import(OnnxBuilder(graph).Output("y").Output("z"));
  EXPECT_THAT(mlp.offset, ElementsAre(3, 3, 3, 3));
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 0));
  const model::Mlp other = Import(graph.Node("MatMul", {"x", "u"}, "w").Output("y").Output("w"));
  EXPECT_THAT(other.offset, IsEmpty());
  const auto centred = [](const Values& x) { return Map(x, [](double v) { return v - 3; }); };
  ExpectAnswers(other, {[&](const Values& x) { return Dense(centred(x), u_); },
                        [&](const Values& x) { return Dense(x, u_); }});
}

TEST_F(OnnxHeads, MayBeTheInputItself) {
  const model::Mlp mlp = Import(graph_.Node("Identity", {"x"}, "copy").Output("copy").Output("t"));
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 0));
  ExpectAnswers(mlp, {[](const Values& x) { return x; }, [&](const Values& x) { return T(x); }});
}

TEST_F(OnnxHeads, MayBeTheSameTwice) {
  const model::Mlp mlp =
      Import(graph_.Node("Identity", {"t"}, "again").Output("t").Output("again"));
  EXPECT_THAT(Outputs(mlp), ElementsAre("t of 1", "again of 1"));
}

TEST_F(OnnxHeads, MayFollowEachOther) {
  graph_.Node("Softmax", {"t"}, "s").Node("Softmax", {"s"}, "ss").Node("Sigmoid", {"s"}, "g");
  graph_.Floats("two", {}, {2}).Node("Mul", {"s", "two"}, "d");
  const model::Mlp mlp = Import(graph_.Output("ss").Output("g").Output("d"));
  ExpectAnswers(
      mlp, {[&](const Values& x) { return Softmax(Softmax(T(x))); },
            [&](const Values& x) { return Map(Softmax(T(x)), Sigmoid); },
            [&](const Values& x) { return Map(Softmax(T(x)), [](double v) { return 2 * v; }); }});
}

// Names of layers label metrics.
TEST_F(OnnxHeads, NameTheirLayersApart) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 4}).Floats("layer1.weight", {2, 4}, std::vector<float>(8, 1));
  graph.Node("Gemm", {"x", "layer1.weight"}, "z", {Integer("transB", 1)});
  graph.Floats("layer2.weight", {5, 2}, std::vector<float>(10, 1)).Node("Softmax", {"z"}, "s");
  graph.Node("Gemm", {"s", "layer2.weight"}, "y", {Integer("transB", 1)}).Node("Relu", {"y"}, "r");
  const model::Mlp mlp = Import(graph.Output("z").Output("y").Output("r"));
  std::vector<std::string> names;
  for (const model::Layer& layer : mlp.layers) names.push_back(layer.name);
  EXPECT_THAT(names, ElementsAre("layer1", "scale1", "layer2", "scale3"));
}

TEST_F(OnnxHeads, LeaveOutWhatNoOutputNeeds) {
  graph_.Node("Sin", {"t"}, "w").Node("MatMul", {"w", "p"}, "y");  // no activation is sin of sin
  graph_.Node("Sin", {"w"}, "ww").Node("MatMul", {"ww", "p"}, "yy").Node("MatMul", {"t", "q"}, "z");
  const model::Mlp mlp = Import(graph_.Output("z"));
  EXPECT_THAT(Sources(mlp), ElementsAre(0, 1));
}

TEST_F(OnnxHeads, ComeWithTheirLabels) {
  graph_.Node("MatMul", {"t", "p"}, "a").Node("Softmax", {"a"}, "side");
  graph_.Node("MatMul", {"t", "q"}, "k").Node("Softmax", {"k"}, "kind");
  graph_.Strings("sides", {"left", "right"}).Int64s("kinds", {5}, {9, 8, 7, 6, 5});
  graph_.Node("ArgMax", {"k"}, "i", {Integer("axis", 1), Integer("keepdims", 0)});
  graph_.Node("ArgMax", {"side"}, "j", {Integer("axis", 1), Integer("keepdims", 0)});
  graph_.Node("Gather", {"kinds", "i"}, "kind_name").Node("Gather", {"sides", "j"}, "side_name");
  graph_.Output("kind_name", DataType::kInt64).Output("side");
  const model::Mlp mlp = Import(graph_.Output("side_name", DataType::kString).Output("k"));
  const auto side = [&](const Values& x) { return Dense(T(x), p_); };
  const auto kind = [&](const Values& x) { return Dense(T(x), q_); };
  ExpectAnswers(mlp, {[&](const Values& x) { return Values{9 - IndexOfLargest(kind(x))}; },
                      [&](const Values& x) { return Softmax(side(x)); },
                      [&](const Values& x) { return Values{IndexOfLargest(side(x))}; }, kind});
  EXPECT_EQ(mlp.outputs[0].datatype, model::Datatype::kInt64);
  EXPECT_EQ(mlp.outputs[2].datatype, model::Datatype::kBytes);
  EXPECT_THAT(mlp.words, ElementsAre("left", "right"));
}

TEST_F(OnnxHeads, MayBeLabelsAlone) {
  graph_.Node("MatMul", {"t", "p"}, "a").Node("MatMul", {"t", "q"}, "k");
  graph_.Node("ArgMax", {"a"}, "i", {Integer("axis", 1)}).Output("i", DataType::kInt64);
  graph_.Node("ArgMax", {"k"}, "j", {Integer("axis", 1)}).Output("j", DataType::kInt64);
  ExpectAnswers(Import(graph_),
                {[&](const Values& x) { return Values{IndexOfLargest(Dense(T(x), p_))}; },
                 [&](const Values& x) { return Values{IndexOfLargest(Dense(T(x), q_))}; }});
}

TEST_F(OnnxHeads, NameTheirColumnsByZipMap) {
  graph_.Node("MatMul", {"t", "p"}, "a").Node("Softmax", {"a"}, "s");
  graph_.Node("ZipMap", {"s"}, "map", {Integers("classlabels_int64s", {3, 4})}, "ai.onnx.ml");
  graph_.Node("ZipMap", {"t"}, "other", {Integers("classlabels_int64s", {5, 6, 7})}, "ai.onnx.ml");
  const model::Mlp mlp = Import(graph_.Output("map").Output("other"));
  EXPECT_THAT(Outputs(mlp), ElementsAre("map of 2", "other of 1"));
  EXPECT_THAT(mlp.outputs[0].column_names, ElementsAre("3", "4"));
  EXPECT_THAT(mlp.outputs[1].column_names, ElementsAre("5", "6", "7"));
}

TEST_F(OnnxHeads, AreComputedOperatorByOperatorWhenTheyAreNoActivation) {
  graph_.Node("Sin", {"t"}, "w").Node("Sin", {"w"}, "ww").Node("MatMul", {"ww", "p"}, "y");
  const auto sines = [&](const Values& x) {
    return Map(T(x), [](double v) { return std::sin(std::sin(v)); });
  };
  ExpectAnswers(Import(graph_.Output("t").Output("ww").Output("y")),
                {[&](const Values& x) { return T(x); }, sines,
                 [&](const Values& x) { return Dense(sines(x), p_); }});
}

TEST_F(OnnxHeads, AreLeftOutWithTheReasonWhenTheyCannotBeComputed) {
  graph_.Node("RandomNormalLike", {"t"}, "noise").Node("Add", {"t", "noise"}, "noisy");
  const model::Mlp mlp = Import(graph_.Output("noisy").Output("t"));
  EXPECT_THAT(Outputs(mlp), ElementsAre("t of 1"));
  ASSERT_EQ(mlp.left_out.size(), 1u);
  EXPECT_EQ(mlp.left_out[0].name, "noisy");
  EXPECT_EQ(mlp.left_out[0].reason, "node 'n1' (RandomNormalLike): draws random numbers");
}

TEST_F(OnnxHeads, MayBeConstants) {
  graph_.Int64s("version", {2}, {3, 4}).Output("version", DataType::kInt64).Output("t");
  const model::Mlp mlp = Import(graph_);
  ASSERT_EQ(mlp.outputs.size(), 2u);
  EXPECT_TRUE(mlp.outputs[0].is_constant);
  EXPECT_THAT(mlp.outputs[0].constant, ElementsAre(3, 4));
  EXPECT_THAT(mlp.outputs[0].shape, ElementsAre(2));
  EXPECT_EQ(mlp.outputs[0].datatype, model::Datatype::kInt64);
}

TEST_F(OnnxHeads, AreLimitedInNumber) {
  for (size_t i = 0; i <= model::kMaxOutputs; ++i) {
    graph_.Node("Identity", {"t"}, fmt::format("y{}", i)).Output(fmt::format("y{}", i));
  }
  EXPECT_THAT(ImportOnnx(graph_.Build()),
              StatusIs(Code::kUnimplemented, "the graph has 65 outputs, want at most 64"));
}

// Layers made for activations only are charged like any other memory.
TEST_F(OnnxHeads, AreLimitedInWhatTheyMake) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 1024}).Node("Softmax", {"x"}, "s0");
  for (int i = 0; i < 400; ++i) {
    graph.Node("Softmax", {fmt::format("s{}", i)}, fmt::format("s{}", i + 1));
  }
  EXPECT_THAT(ImportOnnx(graph.Output("s400").Build()),
              StatusIs(Code::kResourceExhausted, HasSubstr("more than a file of this size may")));
}

}  // namespace
}  // namespace hillock::onnx
