#include "server/core/onnx/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/onnx/import.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/model/equals_mlp.h"

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

TEST(ExportOnnx, KeepsNormalizationNamesAndLabels) {
  model::Mlp mlp = MlpBuilder(3).Add(2, "softmax").Normalized().Labels({"no", "yes"}).Build();
  mlp.inputs.front().name = "features";
  mlp.outputs.front().name = "chances";
  mlp.layers[0].name = "the only one";
  ExpectComesBack(mlp);
}

TEST(ExportOnnx, KeepsTheThresholdOfASingleColumn) {
  for (const float threshold : {0.5f, 0.0f, -3.25f}) {
    model::Mlp mlp = MlpBuilder(3).Add(1, "sigmoid").Labels({"no", "yes"}).Build();
    mlp.outputs.front().threshold = threshold;
    ExpectComesBack(mlp);
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
  ExpectComesBack(mlp);
}

TEST(ExportOnnx, KeepsMultilabelOutputs) {
  for (const float threshold : {0.5f, 0.0f, -3.25f}) {
    ExpectComesBack(MlpBuilder(3).Add(4, "sigmoid").Multilabel(threshold).Build());
    ExpectComesBack(MlpBuilder(3)
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
