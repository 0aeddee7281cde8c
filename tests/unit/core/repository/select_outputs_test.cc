// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/select_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/model/equals_mlp.h"
#include "tests/unit/core/model/graph_models.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using Names = std::vector<std::string>;
using model::Mlp;
using model::OutputOf;
using model::ValueId;

// trunk, and of it "class" and "score".
Mlp TwoHeads() {
  return MlpBuilder(2)
      .Add(3, "relu")
      .Output("trunk")
      .Add(4, "softmax")
      .Output("class", {"a", "b", "c", "d"})
      .From(1)
      .Add(1, "sigmoid")
      .Output("score")
      .Build();
}

Mlp Selected(const Names& names, Mlp mlp = TwoHeads()) {
  EXPECT_THAT(SelectOutputs(names, mlp), IsOk());
  return mlp;
}

TEST(SelectOutputs, KeepsAllInTheOrderOfTheNames) {
  const Mlp mlp = Selected({"score", "trunk", "class"});
  EXPECT_THAT(mlp.outputs, ElementsAre(Field(&model::Output::name, "score"),
                                       Field(&model::Output::name, "trunk"),
                                       Field(&model::Output::name, "class")));
  EXPECT_EQ(mlp.layers.size(), 3u);
}

TEST(SelectOutputs, DropsLayersThatNothingNeeds) {
  const Mlp mlp = Selected({"score"});
  ASSERT_THAT(mlp.layers, ElementsAre(Field(&model::Layer::name, "layer0"),
                                      Field(&model::Layer::name, "layer2")));
  EXPECT_EQ(mlp.layers[1].source, OutputOf(0));
  EXPECT_EQ(mlp.outputs[0].source, OutputOf(1));
  EXPECT_EQ(Selected({"trunk"}).layers.size(), 1u);
}

TEST(SelectOutputs, KeepsLabelsWithTheirOutput) {
  EXPECT_EQ(Selected({"class"}).outputs[0].class_labels.size(), 4u);
}

TEST(SelectOutputs, NumbersTheOperandsAnew) {
  Mlp mlp = MlpBuilder(2).Add(3, "relu").Output("a").Build();
  const ValueId turned = AddOperation(mlp, model::Select{{1, 0}}, {ValueId::kInput}, 2);
  AddOutput(mlp, "b", AddOperation(mlp, model::Select{{2, 1}}, {ValueId::kInput, turned}, 2));
  const Mlp b = Selected({"b"}, mlp);
  ASSERT_EQ(b.layers.size(), 2u);
  EXPECT_THAT(b.layers[1].operands, ElementsAre(ValueId::kInput, OutputOf(0)));
}

TEST(SelectOutputs, WantsNoInputThatNothingReads) {
  Mlp mlp;
  mlp.inputs = {model::FlatInput("x", 2), model::FlatInput("y", 1), model::FlatInput("z", 2)};
  AddOutput(mlp, "a", AddOperation(mlp, model::Select{{0, 4}}, {ValueId::kInput}, 2));
  AddOutput(mlp, "b", AddOperation(mlp, model::Select{{2}}, {ValueId::kInput}, 1));
  AddOutput(mlp, "c",
            AddOperation(mlp, model::Reduce{model::FindReduction("sum")}, {ValueId::kInput}, 1));
  const auto required = [&](const Names& names) {
    std::vector<bool> inputs;
    for (const model::Input& input : Selected(names, mlp).inputs) inputs.push_back(input.required);
    return inputs;
  };
  EXPECT_THAT(required({"a"}), ElementsAre(true, false, true));
  EXPECT_THAT(required({"b"}), ElementsAre(false, true, false));
  EXPECT_THAT(required({"b", "c"}), ElementsAre(true, true, true));
}

TEST(SelectOutputs, RefusesNamesThatAreNoOutputs) {
  Mlp mlp = TwoHeads();
  mlp.left_out = {{"noise", "node 'n' (RandomNormal): draws random numbers"}};
  mlp.outputs.push_back({.name = "size", .is_constant = true, .constant = {1}});
  const auto refused = [&](const Names& names, const std::string& message) {
    Mlp copy = mlp;
    EXPECT_THAT(SelectOutputs(names, copy), StatusIs(Code::kInvalidArgument, HasSubstr(message)));
  };
  refused({"score", "scores"}, "got output 'scores', want 'trunk' or 'class' or 'score' or 'size'");
  refused({"class_label"}, "got output 'class_label', want");
  refused({"score", "score"}, "got output 'score' twice");
  refused({"noise"}, "output 'noise' is left out: node 'n' (RandomNormal)");
  refused({"size"}, "got nothing but constants");
}

}  // namespace
}  // namespace hillock::repository
