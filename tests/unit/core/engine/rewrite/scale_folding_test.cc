// SPDX-License-Identifier: Apache-2.0

// Rewrite() of scales beside dense layers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "server/core/engine/rewrite/rewrite.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::Evaluate;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::Random;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kWidth = 8;

model::Scale AnyScale(uint32_t seed) {
  return {Random(seed).Floats(kWidth, 0.5f, 2), Random(seed + 1).Floats(kWidth, -1, 1)};
}

// Appends to a net that is kWidth wide.
MlpBuilder& AddScale(MlpBuilder& net, size_t source, std::string_view activation = "identity",
                     size_t group = 0) {
  net.Add(AnyScale(static_cast<uint32_t>(source)), {source}, kWidth, activation, group);
  return net.From(source + 1);
}

std::vector<std::string> KindsOf(const model::Mlp& mlp) {
  std::vector<std::string> kinds;
  for (const model::Layer& layer : mlp.layers) {
    kinds.emplace_back(layer.is_dense() ? "dense" : model::NameOf(*layer.operation));
  }
  return kinds;
}

Rewritten ExpectSameAnswers(const model::Mlp& mlp) {
  Rewritten rewritten = Rewrite(mlp);
  EXPECT_THAT(model::Validate(rewritten.mlp), IsOk());
  const std::vector<float> row = Random(9).Floats(mlp.input_width(), -2, 2);
  const std::vector<float> got = Engine(rewritten.mlp, Backend::kFallback).Answer(row);
  const auto want = Evaluate(mlp, row, true);
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], want[i].value, kRewriteTolerance * (1 + std::abs(want[i].value)));
  }
  return rewritten;
}

TEST(ScaleFolding, KeepsOneBeforeADenseLayer) {
  MlpBuilder net(kWidth);
  const auto rewritten = ExpectSameAnswers(AddScale(net, 0).Add(5, "relu").Build());
  EXPECT_THAT(KindsOf(rewritten.mlp), ElementsAre("scale", "dense"));
  EXPECT_THAT(rewritten.notes, IsEmpty());
}

TEST(ScaleFolding, JoinsOneAfterADenseLayerWithItsActivation) {
  MlpBuilder net(5);
  const auto rewritten =
      ExpectSameAnswers(AddScale(net.Add(kWidth, "identity"), 1, "softmax").Build());
  ASSERT_THAT(KindsOf(rewritten.mlp), ElementsAre("dense"));
  EXPECT_EQ(rewritten.mlp.layers[0].activation->name, "softmax");
  EXPECT_THAT(rewritten.notes, ElementsAre("collapsed 'layer0' 5->8 and 'layer1' into 'layer1' "
                                           "5->8: 40 multiply-adds a row, 8 saved"));
}

TEST(ScaleFolding, JoinsOneBetweenTwo) {
  MlpBuilder net(kWidth);
  AddScale(net.Add(kWidth, "identity"), 1).Add(2, "identity");
  EXPECT_THAT(KindsOf(ExpectSameAnswers(net.Build()).mlp), ElementsAre("dense"));
}

// With a product of 8x8 they would take more.
TEST(ScaleFolding, KeepsScalesAlone) {
  MlpBuilder net(kWidth);
  AddScale(net, 0);
  AddScale(net, 1);
  EXPECT_THAT(KindsOf(ExpectSameAnswers(net.Build()).mlp), ElementsAre("scale", "scale"));
  const model::Mlp narrow =
      MlpBuilder(1).Add(model::Scale{{2}, {1}}, {0}, 1).Add(model::Scale{{3}, {1}}, {1}, 1).Build();
  EXPECT_THAT(KindsOf(ExpectSameAnswers(narrow).mlp), ElementsAre("scale", "scale"));
}

TEST(ScaleFolding, KeepsOneThatIsReadTwice) {
  MlpBuilder net(kWidth);
  AddScale(net, 0).Add(kWidth, "relu").Combine("add", {1, 2});
  EXPECT_THAT(KindsOf(ExpectSameAnswers(net.Build()).mlp), ElementsAre("scale", "dense", "add"));
}

TEST(ScaleFolding, KeepsARowFunctionOverGroups) {
  MlpBuilder net(kWidth);
  AddScale(net.Add(kWidth, "identity"), 1, "softmax", 4);
  EXPECT_THAT(KindsOf(ExpectSameAnswers(net.Build()).mlp), ElementsAre("dense", "scale"));
}

}  // namespace
}  // namespace hillock::engine
