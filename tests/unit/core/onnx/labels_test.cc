// SPDX-License-Identifier: Apache-2.0

// Classes that a graph says beside its numbers: outputs of their own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/onnx_builder.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Real;
using ::hillock::testing::Reals;
using ::hillock::testing::Text;
using ::hillock::testing::Texts;
using model::Datatype;
using onnx::DataType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<float> kWeights{1, -2, 3, 4, 5, -6};  // [2, 3], as MatMul has them

Values Logits(const Values& x) { return Dense(x, kWeights); }
Values Probabilities(const Values& x) { return Softmax(Logits(x)); }
Values Class(const Values& x) { return {IndexOfLargest(Logits(x))}; }

// A classifier with three classes whose logits are "m" and probabilities "p".
OnnxBuilder Classifier() {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 3}, kWeights).Int64s("flat", {1}, {-1});
  return graph.Node("MatMul", {"x", "w"}, "m").Node("Softmax", {"m"}, "p");
}

TEST(OnnxLabels, AreStringsAtTheTailOfAClassifier) {
  OnnxBuilder graph = Classifier();
  graph.Strings("classes", {"ant", "bee", "cat"});
  graph.Node("ArgMax", {"p"}, "i", {Integer("axis", 1)});
  graph.Node("ArrayFeatureExtractor", {"classes", "i"}, "l", {}, "ai.onnx.ml");
  graph.Node("Reshape", {"l", "flat"}, "label").Output("label", DataType::kString).Output("p");
  const model::Mlp mlp = Import(graph);
  ExpectAnswers(mlp, {Class, Probabilities});
  EXPECT_EQ(mlp.outputs[0].datatype, Datatype::kBytes);
  EXPECT_THAT(mlp.outputs[0].shape, ElementsAre(-1));
  EXPECT_THAT(mlp.outputs[0].class_labels, IsEmpty());
  EXPECT_THAT(Words(mlp, {1, 0}), ElementsAre("cat"));
  EXPECT_THAT(Words(mlp, {-1, 0}), ElementsAre("bee"));
}

TEST(OnnxLabels, StandBesideTheProbabilitiesOfZipMap) {
  OnnxBuilder graph = Classifier();
  graph.Int64s("classes", {3}, {5, -6, 7}).Node("ArgMax", {"p"}, "i", {Integer("axis", 1)});
  graph.Node("ArrayFeatureExtractor", {"classes", "i"}, "l", {}, "ai.onnx.ml");
  graph.Node("Cast", {"l"}, "label", {Integer("to", 7)}).Output("label", DataType::kInt64);
  graph.Node("ZipMap", {"p"}, "map", {Integers("classlabels_int64s", {5, -6, 7})}, "ai.onnx.ml");
  const model::Mlp mlp = Import(graph.Output("map", DataType::kUndefined));
  const auto label = [](const Values& x) {
    return Values{std::vector<double>{5, -6, 7}[static_cast<size_t>(Class(x)[0])]};
  };
  ExpectAnswers(mlp, {label, Probabilities});
  EXPECT_EQ(mlp.outputs[0].datatype, Datatype::kInt64);
  EXPECT_EQ(mlp.outputs[1].name, "map");
  EXPECT_EQ(mlp.outputs[1].datatype, Datatype::kFp32);
  EXPECT_THAT(mlp.outputs[1].column_names, ElementsAre("5", "-6", "7"));
}

TEST(OnnxLabels, AreCountedWhereClassesHaveNoNames) {
  const model::Mlp mlp = Import(
      Classifier().Node("ArgMax", {"p"}, "i", {Integer("axis", -1)}).Output("i", DataType::kInt64));
  ExpectAnswers(mlp, {Class});
  EXPECT_EQ(mlp.outputs[0].name, "i");
}

TEST(OnnxLabels, MayHaveNamesThatHaveNames) {
  OnnxBuilder graph = Classifier();
  graph.Int64s("turned", {3}, {2, 0, 1}).Strings("names", {"ant", "bee", "cat"});
  graph.Node("ArgMax", {"m"}, "i", {Integer("axis", 1)}).Node("Gather", {"turned", "i"}, "j");
  const model::Mlp mlp =
      Import(graph.Node("Gather", {"names", "j"}, "y").Output("y", DataType::kString));
  EXPECT_THAT(Words(mlp, {1, 0}), ElementsAre("bee"));
  EXPECT_THAT(Words(mlp, {-1, 0}), ElementsAre("ant"));
}

TEST(OnnxLabels, OfOneColumnAreWhetherItIsAboveAThreshold) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2}).Floats("w", {2, 1}, {3, 4}).Node("MatMul", {"x", "w"}, "m");
  graph.Node("Sigmoid", {"m"}, "p").Output("p");
  graph.Node("Binarizer", {"p"}, "label", {Real("threshold", 0.5f)}, "ai.onnx.ml");
  const model::Mlp mlp = Import(graph.Output("label"));
  const auto z = [](const Values& x) { return Dense(x, {3, 4})[0]; };
  ExpectAnswers(mlp, {[&](const Values& x) { return Values{Sigmoid(z(x))}; },
                      [&](const Values& x) { return Values{z(x) > 0 ? 1.0 : 0.0}; }});
  EXPECT_THAT(Answer(mlp, {0, 0}, 1), ElementsAre(0)) << "at the threshold is not above it";
}

// Three independent yes or no, as skl2onnx writes a multilabel MLPClassifier.
OnnxBuilder Multilabel(float threshold) {
  OnnxBuilder graph = Classifier();
  graph.Floats("b", {3}, {0.5f, -1, 2}).Node("Add", {"m", "b"}, "z").Node("Sigmoid", {"z"}, "s");
  graph.Node("Binarizer", {"s"}, "y", {Real("threshold", threshold)}, "ai.onnx.ml");
  return graph.Node("Cast", {"y"}, "label", {Integer("to", 7)});
}

Values Sigmoids(const Values& x) { return Map(Plus(Logits(x), {0.5f, -1, 2}), Sigmoid); }

TEST(OnnxLabels, AreOneForEachColumnOfAMultilabelClassifier) {
  for (const float threshold : {0.5f, 0.0f, -2.0f}) {
    const model::Mlp mlp =
        Import(Multilabel(threshold).Output("label", DataType::kInt64).Output("s"));
    const auto labels = [&](const Values& x) {
      return Map(Sigmoids(x), [&](double s) { return s > threshold ? 1.0 : 0.0; });
    };
    ExpectAnswers(mlp, {labels, Sigmoids});
    EXPECT_EQ(mlp.outputs[0].name, "label");
    EXPECT_EQ(mlp.outputs[0].datatype, Datatype::kInt64);
    EXPECT_FALSE(mlp.outputs[0].multilabel);
  }
}

// A threshold that no float is above.
TEST(OnnxLabels, MayAllBeNo) {
  OnnxBuilder graph = Classifier();
  graph.Node("Binarizer", {"m"}, "i", {Real("threshold", INFINITY)}, "ai.onnx.ml");
  ExpectAnswers(Import(graph.Output("i")), {[](const Values&) { return Values{0, 0, 0}; }});
}

TEST(OnnxLabels, OfSeveralColumnsMayHaveNames) {
  OnnxBuilder graph = Classifier();
  graph.Strings("names", {"no", "yes"}).Node("Binarizer", {"m"}, "f", {}, "ai.onnx.ml");
  graph.Node("Cast", {"f"}, "i", {Integer("to", 7)}).Node("Gather", {"names", "i"}, "y");
  const model::Mlp mlp = Import(graph.Output("y", DataType::kString));
  EXPECT_THAT(Words(mlp, {1, 0}), ElementsAre("yes", "no", "yes"));
}

TEST(OnnxLabels, OfSeveralColumnsMayBeRowsOfTheirOwn) {
  OnnxBuilder graph = Classifier();
  graph.Node("Binarizer", {"m"}, "i", {}, "ai.onnx.ml").Node("Reshape", {"i", "flat"}, "y");
  const model::Mlp mlp = Import(graph.Output("y"));
  EXPECT_THAT(mlp.outputs[0].shape, ElementsAre(-3)) << "three for each row";
  EXPECT_THAT(Answer(mlp, {1, 0}), ElementsAre(1, 0, 1));
}

TEST(OnnxLabels, MayBeDrawnFromLabels) {
  OnnxBuilder graph = Classifier();
  graph.Node("Binarizer", {"m"}, "i", {}, "ai.onnx.ml");
  graph.Node("ArgMax", {"i"}, "y", {Integer("axis", 1)}).Output("y", DataType::kInt64);
  EXPECT_THAT(Answer(Import(graph), {-1, 0}), ElementsAre(1));
}

TEST(OnnxLabels, MayBeDrawnTwiceFromOneOutput) {
  OnnxBuilder graph = Classifier();
  graph.Node("ArgMax", {"p"}, "i", {Integer("axis", 1)}).Output("i", DataType::kInt64);
  graph.Node("Binarizer", {"m"}, "j", {}, "ai.onnx.ml").Output("j");
  graph.Node("Binarizer", {"m"}, "k", {Real("threshold", 1)}, "ai.onnx.ml").Output("k");
  const auto above = [](double threshold) {
    return [=](const Values& x) {
      return Map(Logits(x), [=](double m) { return m > threshold ? 1.0 : 0.0; });
    };
  };
  ExpectAnswers(Import(graph), {Class, above(0), above(1)});
}

TEST(OnnxLabels, ComeWithTheLinearClassifierOfScikitLearn) {
  OnnxBuilder graph;
  graph.Input("x", {-1, 2});
  graph.NodeWithOutputs(
      "LinearClassifier", {"x"}, {"label", "scores"},
      {Reals("coefficients", {-3, -4, 3, 4}), Reals("intercepts", {-5, 5}),
       Texts("classlabels_strings", {"no", "yes"}), Text("post_transform", "LOGISTIC")},
      "ai.onnx.ml");
  const model::Mlp mlp = Import(graph.Output("label", DataType::kString).Output("scores"));
  const auto z = [](const Values& x) { return Dense(x, {3, 4})[0] + 5; };
  ExpectAnswers(mlp, {[&](const Values& x) { return Values{z(x) > 0 ? 1.0 : 0.0}; },
                      [&](const Values& x) {
                        return Values{Sigmoid(-z(x)), Sigmoid(z(x))};
                      }});
  EXPECT_THAT(Words(mlp, {1, 1}), ElementsAre("yes"));
}

}  // namespace
}  // namespace hillock::onnx
