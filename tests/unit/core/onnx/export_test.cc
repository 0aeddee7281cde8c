// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/export.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/model/equals_mlp.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::RandomTree;

// What a model is after it was an ONNX file.
void ExpectComesBack(model::Mlp mlp) {
  const auto content = ExportOnnx(mlp);
  ASSERT_THAT(content, IsOk());
  mlp.producer = "hillock";
  EXPECT_THAT(ImportOnnx(*content), IsOkAndHolds(model::EqualsMlp(mlp)));
}

class EveryActivation : public ::testing::TestWithParam<std::string_view> {};

TEST_P(EveryActivation, ComesBackFromOnnx) {
  ExpectComesBack(MlpBuilder(2).Add(3, GetParam()).Add(2, "identity").Build());
  ExpectComesBack(MlpBuilder(2).Add(3, "relu").Add(2, GetParam()).Build());
}

// Those that come back as themselves.
std::vector<std::string_view> Activations() {
  std::vector<std::string_view> names;
  for (const activation::Spec& spec : activation::All()) {
    if (spec.name != "log1p") names.push_back(spec.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryActivation, ::testing::ValuesIn(Activations()),
                         [](const auto& test) { return std::string(test.param); });

TEST(ExportOnnx, KeepsParameters) {
  ExpectComesBack(MlpBuilder(2)
                      .Add(3, "leaky_relu", {{"alpha", 0.3f}})
                      .Add(4, "swish", {{"beta", 1.75f}})
                      .Add(3, "clip", {{"min", -0.5f}, {"max", 2.5f}})
                      .Add(3, "hard_sigmoid", {{"alpha", 0.25f}, {"beta", 0.375f}})
                      .Add(2, "thresholded_relu", {{"alpha", 0.7f}})
                      .Add(3, "clip", {{"min", -0.5f}, {"max", activation::kInfinity}})
                      .Add(2, "gaussian", {{"gamma", 0.75f}})
                      .Add(3, "snake", {{"a", 2.5f}})
                      .Add(2, "squareplus", {{"b", 1.5f}})
                      .Add(3, "softshrink", {{"lambd", 0.3f}})
                      .Add(2, "hardshrink", {{"lambd", 0.3f}})
                      .Add(1, "shrink", {{"lambd", 0.7f}, {"bias", -0.2f}})
                      .Build());
}

// What ExportOnnx() makes of a layer's activation is this one, of `scale` times its sum plus
// `shift`.
void ExpectComesBackAs(std::string_view name, float scale, float shift, model::Mlp mlp) {
  const auto content = ExportOnnx(mlp);
  ASSERT_THAT(content, IsOk());
  mlp.producer = "hillock";
  model::Layer& layer = mlp.layers[0];
  layer.activation = activation::Find(name);
  layer.params = *activation::ResolveParams(*layer.activation, {});
  for (float& weight : layer.weights) weight *= scale;
  for (float& bias : layer.bias) bias = scale * bias + shift;
  EXPECT_THAT(ImportOnnx(*content), IsOkAndHolds(model::EqualsMlp(mlp)));
}

TEST(ExportOnnx, LeavesAFrequencyToTheWeights) {
  ExpectComesBackAs("sin", 4, 0, MlpBuilder(2).Add(3, "sin", {{"frequency", 4}}).Build());
}

TEST(ExportOnnx, LeavesTheOneOfLog1pToTheBias) {
  ExpectComesBackAs("log", 1, 1, MlpBuilder(2).Add(3, "log1p").Build());
}

TEST(ExportOnnx, KeepsNormalizationAndNames) {
  model::Mlp mlp = MlpBuilder(3).Add(2, "softmax").Normalized().Build();
  mlp.inputs.front().name = "features";
  mlp.outputs.front().name = "chances";
  mlp.layers[0].name = "the only one";
  ExpectComesBack(mlp);
}

// The labels of a row, as text.
std::vector<std::string> LabelsOf(const model::Output& output, const Values& scores) {
  const auto above = [&](double score) { return score >= double{output.threshold}; };
  std::vector<std::string> labels;
  if (output.multilabel) {
    for (const double score : scores) labels.push_back(above(score) ? "1" : "0");
  } else if (scores.size() == 1) {
    labels.push_back(output.class_labels[above(scores[0]) ? 1 : 0]);
  } else {
    labels.push_back(output.class_labels[static_cast<size_t>(IndexOfLargest(scores))]);
  }
  return labels;
}

std::vector<std::string> TextsOf(const model::Mlp& mlp, const std::vector<float>& row, size_t at) {
  if (mlp.outputs[at].datatype == model::Datatype::kBytes) return Words(mlp, row, at);
  EXPECT_EQ(mlp.outputs[at].datatype, model::Datatype::kInt64);
  std::vector<std::string> texts;
  for (const double label : Answer(mlp, row, at)) texts.push_back(fmt::format("{}", label));
  return texts;
}

// Labels come back as outputs of their own, by row operations: numbers and labels are the same.
void ExpectSameAnswers(const model::Mlp& mlp) {
  const auto content = ExportOnnx(mlp);
  ASSERT_THAT(content, IsOk());
  const auto back = ImportOnnx(*content);
  ASSERT_THAT(back, IsOk());
  const auto place = [&](const std::string& name) {
    const auto output = std::ranges::find(back->outputs, name, &model::Output::name);
    EXPECT_NE(output, back->outputs.end()) << name;
    return static_cast<size_t>(output - back->outputs.begin());
  };
  testing::Random random(3);
  for (int i = 0; i < 20; ++i) {
    const std::vector<float> row = random.Floats(mlp.input_width(), -2, 2);
    for (size_t k = 0; k < mlp.outputs.size(); ++k) {
      const model::Output& output = mlp.outputs[k];
      const Values scores = Answer(mlp, row, k);
      EXPECT_EQ(Answer(*back, row, place(output.name)), scores) << output.name;
      if (!output.has_labels()) continue;
      const std::string label = mlp.LabelName(output);
      EXPECT_EQ(TextsOf(*back, row, place(label)), LabelsOf(output, scores)) << label;
    }
  }
}

TEST(ExportOnnx, KeepsLabels) {
  ExpectSameAnswers(MlpBuilder(3).Add(2, "softmax").Normalized().Labels({"no", "yes"}).Build());
}

TEST(ExportOnnx, KeepsTheThresholdOfASingleColumn) {
  for (const float threshold : {0.5f, 0.0f, -3.25f}) {
    model::Mlp mlp = MlpBuilder(3).Add(1, "identity").Labels({"no", "yes"}).Build();
    mlp.outputs.front().threshold = threshold;
    ExpectSameAnswers(mlp);
  }
}

TEST(ExportOnnx, KeepsSeveralOutputsWithTheirLabels) {
  model::Mlp mlp = MlpBuilder(3)
                       .Add(4, "relu")
                       .Output("embedding")
                       .Add(3, "softmax")
                       .Output("class", {"ant", "bee", "cat"})
                       .From(1)
                       .Add(1, "sigmoid")
                       .Output("danger", {"no", "yes"})
                       .Build();
  mlp.outputs[2].threshold = 0.25f;
  ExpectSameAnswers(mlp);
}

TEST(ExportOnnx, KeepsMultilabelOutputs) {
  for (const float threshold : {0.5f, 0.0f, -3.25f}) {
    ExpectSameAnswers(MlpBuilder(3).Add(4, "sigmoid").Multilabel(threshold).Build());
    ExpectSameAnswers(MlpBuilder(3)
                          .Add(4, "relu")
                          .Output("embedding")
                          .Multilabel(threshold)
                          .Add(3, "softmax")
                          .Output("class", {"ant", "bee", "cat"})
                          .From(1)
                          .Add(2, "sigmoid")
                          .Output("tags")
                          .Multilabel()
                          .Build());
  }
}

TEST(ExportOnnx, KeepsTrees) {
  const std::vector<std::string_view> activations = Activations();
  for (uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    ExpectComesBack(RandomTree(seed, activations));
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace hillock::onnx
