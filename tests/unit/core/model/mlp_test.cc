// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/mlp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::model {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

Mlp Sound() { return MlpBuilder(2).Add(3, "prelu").Add(2, "relu").Normalized().Build(); }

TEST(Mlp, CountsTwoOperationsAWeight) { EXPECT_EQ(Sound().flops_per_row(), 2u * (2 * 3 + 3 * 2)); }

// 2 -> 3 -> "class", 4 columns with labels, and "score", 1 column; "trunk" is served as well.
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

TEST(Mlp, KnowsHowWideItsValuesAre) {
  EXPECT_EQ(Sound().input_width(), 2u);
  EXPECT_EQ(Sound().width(ValueId::kInput), 2u);
  EXPECT_EQ(Sound().width(ValueId{1}), 3u);
  EXPECT_EQ(Sound().width(Sound().outputs[0]), 2u);
  EXPECT_EQ(Sound().answer_width(), 2u);
  EXPECT_EQ(TwoHeads().answer_width(), 3u + 4 + 1);
}

TEST(Mlp, KnowsAChain) {
  EXPECT_TRUE(Sound().is_chain());
  EXPECT_FALSE(TwoHeads().is_chain());
  EXPECT_FALSE(
      MlpBuilder(2).Add(2, "relu").Output("a").Add(2, "relu").Output("b").Build().is_chain());
}

TEST(Mlp, CallsLabelsAfterTheirOutputWhereThereAreSeveral) {
  EXPECT_EQ(Sound().LabelName(Sound().outputs[0]), "label");
  EXPECT_EQ(TwoHeads().LabelName(TwoHeads().outputs[1]), "class_label");
}

TEST(Layer, KeepsAllButItsNumbersWithoutWeights) {
  const Layer want = TwoHeads().layers[1];
  const Layer got = WithoutWeights(want);
  EXPECT_EQ(got.name, want.name);
  EXPECT_EQ(got.source, want.source);
  EXPECT_EQ(got.inputs, want.inputs);
  EXPECT_EQ(got.outputs, want.outputs);
  EXPECT_EQ(got.activation, want.activation);
  EXPECT_EQ(got.params, want.params);
  EXPECT_TRUE(got.weights.empty() && got.bias.empty() && got.slopes.empty());
}

TEST(Validate, PassesSoundModels) {
  EXPECT_THAT(Validate(Sound()), IsOk());
  EXPECT_THAT(Validate(TwoHeads()), IsOk());
  Mlp twice = TwoHeads();
  twice.outputs.push_back({"again", ValueId{1}});
  EXPECT_THAT(Validate(twice), IsOk());
}

TEST(Validate, WantsALabelAColumnOrTwoForOneColumn) {
  Mlp two = MlpBuilder(2).Add(2, "softmax").Build();
  two.outputs[0].class_labels = {"a", "b"};
  EXPECT_THAT(Validate(two), IsOk());
  two.outputs[0].class_labels = {"a", "b", "c"};
  EXPECT_THAT(Validate(two), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "output 'output': has 3 class labels, want 2"));
  Mlp one = MlpBuilder(2).Add(1, "sigmoid").Build();
  one.outputs[0].class_labels = {"a", "b"};
  EXPECT_THAT(Validate(one), IsOk());
  one.outputs[0].class_labels = {"a"};
  EXPECT_THAT(Validate(one), StatusIs(absl::StatusCode::kInvalidArgument,
                                      "output 'output': has 1 class labels, want 2"));
}

TEST(Validate, WantsSeveralColumnsWithoutNamesOfAMultilabelOutput) {
  Mlp mlp = MlpBuilder(2).Add(2, "sigmoid").Multilabel(0.25f).Build();
  EXPECT_TRUE(mlp.outputs[0].has_labels());
  mlp.outputs[0].class_labels = {"a", "b"};
  EXPECT_THAT(Validate(mlp),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "output 'output': is multilabel with 2 columns and 2 class labels, want 2 "
                       "columns or more and no class labels"));
  Mlp one = MlpBuilder(2).Add(1, "sigmoid").Build();
  EXPECT_FALSE(one.outputs[0].has_labels());
  one.outputs[0].multilabel = true;
  EXPECT_THAT(Validate(one),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("is multilabel with 1 columns and 0 class labels")));
}

struct BadMlp {
  std::string name;
  std::function<void(Mlp&)> change;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const BadMlp& bad) { return out << bad.name; }

class ValidateBad : public ::testing::TestWithParam<BadMlp> {};

TEST_P(ValidateBad, NamesTheFault) {
  Mlp mlp = Sound();
  GetParam().change(mlp);
  EXPECT_THAT(Validate(mlp),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

constexpr float kInf = std::numeric_limits<float>::infinity();

INSTANTIATE_TEST_SUITE_P(
    Each, ValidateBad,
    ::testing::Values(
        BadMlp{"no_layers", [](Mlp& m) { m.layers.clear(); }, "has 0 layers, want at least 1"},
        BadMlp{"no_outputs", [](Mlp& m) { m.layers[1].outputs = 0; },
               "layer 1 'layer1': got 3 inputs and 0 outputs, want at least 1"},
        BadMlp{"broken_chain", [](Mlp& m) { m.layers[1].inputs = 4; },
               "layer 1 'layer1': has 4 inputs, want 3, the outputs of layer 0 'layer0'"},
        BadMlp{"few_weights", [](Mlp& m) { m.layers[0].weights.pop_back(); },
               "layer 0 'layer0': weights has 5 floats, want 6"},
        BadMlp{"few_biases", [](Mlp& m) { m.layers[0].bias.pop_back(); },
               "layer 0 'layer0': bias has 2 floats, want 3"},
        BadMlp{"few_slopes", [](Mlp& m) { m.layers[0].slopes.pop_back(); },
               "layer 0 'layer0': slopes has 2 floats, want 3"},
        BadMlp{"needless_slopes",
               [](Mlp& m) {
                 m.layers[1].slopes = {1, 2};
               },
               "layer 1 'layer1': activation 'relu' has 2 slopes, want none"},
        BadMlp{"infinite_weight", [](Mlp& m) { m.layers[1].weights[4] = -kInf; },
               "layer 1 'layer1': weights[4] is -inf, want a finite number"},
        BadMlp{"few_scales", [](Mlp& m) { m.scale.pop_back(); },
               "normalization: scale has 1 floats, want 2"},
        BadMlp{"offset_alone", [](Mlp& m) { m.scale.clear(); },
               "normalization: scale has 0 floats, want 2"},
        BadMlp{"infinite_threshold", [](Mlp& m) { m.outputs[0].threshold = kInf; },
               "output 'output': threshold is inf, want a finite number"}),
    ::testing::PrintToStringParamName());

class ValidateBadTree : public ::testing::TestWithParam<BadMlp> {};

TEST_P(ValidateBadTree, NamesTheFault) {
  Mlp mlp = TwoHeads();
  GetParam().change(mlp);
  EXPECT_THAT(Validate(mlp), StatusIs(absl::StatusCode::kInvalidArgument, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ValidateBadTree,
    ::testing::Values(
        BadMlp{"reads_itself", [](Mlp& m) { m.layers[1].source = ValueId{2}; },
               "layer 1 'layer1': reads value 2, want at most 1, that of the layer before"},
        BadMlp{"reads_later", [](Mlp& m) { m.layers[0].source = ValueId{3}; },
               "layer 0 'layer0': reads value 3, want at most 0, that of the layer before"},
        BadMlp{"reads_the_input", [](Mlp& m) { m.layers[2].source = ValueId::kInput; },
               "layer 2 'layer2': has 3 inputs, want 2, the width of the input"},
        BadMlp{"reads_another", [](Mlp& m) { m.layers[2].source = ValueId{2}; },
               "layer 2 'layer2': has 3 inputs, want 4, the outputs of layer 1 'layer1'"},
        BadMlp{"no_outputs", [](Mlp& m) { m.outputs.clear(); }, "has 0 outputs, want 1 to 64"},
        BadMlp{"many_outputs", [](Mlp& m) { m.outputs.resize(65, m.outputs[0]); },
               "has 65 outputs, want 1 to 64"},
        BadMlp{"puts_the_input_out", [](Mlp& m) { m.outputs[0].source = ValueId::kInput; },
               "output 'trunk': is value 0, want 1 to 3, that of a layer"},
        BadMlp{"puts_out_too_late", [](Mlp& m) { m.outputs[1].source = ValueId{4}; },
               "output 'class': is value 4, want 1 to 3, that of a layer"},
        BadMlp{"unused", [](Mlp& m) { m.outputs.pop_back(); },
               "layer 2 'layer2': is read by no layer and is no output"},
        BadMlp{"same_names", [](Mlp& m) { m.outputs[2].name = "trunk"; },
               "there are two outputs 'trunk', want names that differ"},
        BadMlp{"name_of_the_labels", [](Mlp& m) { m.outputs[2].name = "class_label"; },
               "there are two outputs 'class_label', want names that differ"},
        BadMlp{"name_of_multilabels",
               [](Mlp& m) {
                 m.outputs[0].multilabel = true;
                 m.outputs[2].name = "trunk_label";
               },
               "there are two outputs 'trunk_label', want names that differ"}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace hillock::model
