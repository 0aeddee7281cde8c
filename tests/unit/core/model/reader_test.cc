// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "tests/support/allocations.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/model/equals_mlp.h"
#include "tests/unit/core/model/model_file.h"

namespace hillock::model {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr uint32_t kHuge = std::numeric_limits<uint32_t>::max();

TEST(ReadMlp, FillsInTheDefaultOfEveryEmptyField) {
  const auto mlp = ReadMlp(Sealed(SmallFile()));
  ASSERT_THAT(mlp, IsOk());
  EXPECT_EQ(mlp->inputs.front().name, "input");
  EXPECT_EQ(mlp->outputs.front().name, "output");
  EXPECT_EQ(mlp->producer, "");
  EXPECT_EQ(mlp->outputs.front().threshold, 0.5f);
  EXPECT_THAT(mlp->offset, SizeIs(0));
  EXPECT_THAT(mlp->scale, SizeIs(0));
  EXPECT_THAT(mlp->layers,
              ElementsAre(Field(&Layer::name, "layer0"), Field(&Layer::name, "layer1")));
  EXPECT_THAT(mlp->layers[0].bias, ElementsAre(0, 0, 0));
  EXPECT_EQ(mlp->layers[0].activation->name, "relu");
  EXPECT_EQ(mlp->layers[1].activation->name, "identity");
}

TEST(ReadMlp, FillsInTheHalfOfANormalizationThatIsMissing) {
  v1::Mlp file = SmallFile();
  file.mutable_normalization()->set_offset(Packed({3, 4}));
  EXPECT_THAT(ReadMlp(Sealed(file)), IsOkAndHolds(Field(&Mlp::scale, ElementsAre(1, 1))));
  file.mutable_normalization()->clear_offset();
  file.mutable_normalization()->set_scale(Packed({5, 6}));
  EXPECT_THAT(ReadMlp(Sealed(file)), IsOkAndHolds(Field(&Mlp::offset, ElementsAre(0, 0))));
}

TEST(ReadMlp, TakesDefaultsForParametersLeftOut) {
  v1::Mlp file = SmallFile();
  file.mutable_layers(0)->mutable_activation()->set_name("leaky_relu");
  const auto mlp = ReadMlp(Sealed(file));
  ASSERT_THAT(mlp, IsOk());
  EXPECT_EQ(mlp->layers[0].params[0], 0.01f);
}

TEST(ReadMlp, ReadsEveryFieldThatIsThere) {
  v1::Mlp file = SmallFile();
  file.set_producer("a person");
  file.mutable_input()->set_name("features");
  file.mutable_output()->set_name("score");
  file.add_class_labels("no");
  file.add_class_labels("yes");
  file.set_threshold(0.25f);
  auto& layer = *file.mutable_layers(0);
  layer.set_name("fc1");
  layer.set_bias(Packed({-1, -2, -3}));
  layer.mutable_activation()->set_name("prelu");
  layer.mutable_activation()->set_slopes(Packed({0.1f, 0.2f, 0.3f}));
  const auto mlp = ReadMlp(Sealed(file));
  ASSERT_THAT(mlp, IsOk());
  EXPECT_EQ(mlp->producer, "a person");
  EXPECT_EQ(mlp->inputs.front().name, "features");
  EXPECT_EQ(mlp->outputs.front().name, "score");
  EXPECT_THAT(mlp->outputs.front().class_labels, ElementsAre("no", "yes"));
  EXPECT_EQ(mlp->outputs.front().threshold, 0.25f);
  EXPECT_EQ(mlp->layers[0].name, "fc1");
  EXPECT_THAT(mlp->layers[0].weights, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(mlp->layers[0].bias, ElementsAre(-1, -2, -3));
  EXPECT_THAT(mlp->layers[0].slopes, ElementsAre(0.1f, 0.2f, 0.3f));
}

struct BadFile {
  std::string name;
  std::function<void(v1::Mlp&)> change;
  absl::StatusCode code;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const BadFile& bad) { return out << bad.name; }

class ReadBadMlp : public ::testing::TestWithParam<BadFile> {};

TEST_P(ReadBadMlp, SaysWhatIsWrongAndAllocatesLittle) {
  v1::Mlp file = SmallFile();
  GetParam().change(file);
  const std::string content = Sealed(file);
  const AllocationMeter meter(size_t{1} << 20);
  const auto mlp = ReadMlp(content);
  EXPECT_THAT(mlp, StatusIs(GetParam().code, HasSubstr(GetParam().message)));
  EXPECT_LT(meter.largest(), 4096 + 2 * content.size());
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kUnknown = absl::StatusCode::kUnimplemented;

std::function<void(v1::Mlp&)> First(std::function<void(v1::Layer&)> change) {
  return [change](v1::Mlp& file) { change(*file.mutable_layers(0)); };
}

void SetParameter(v1::Layer& layer, const std::string& activation, const std::string& name,
                  float value) {
  layer.mutable_activation()->set_name(activation);
  (*layer.mutable_activation()->mutable_parameters())[name] = value;
}

INSTANTIATE_TEST_SUITE_P(
    Layers, ReadBadMlp,
    ::testing::Values(
        BadFile{"no_layers", [](v1::Mlp& f) { f.clear_layers(); }, kInvalid,
                "has 0 layers, want at least 1"},
        BadFile{"few_weights", First([](v1::Layer& l) {
                  l.set_weights(Packed({1, 2, 3, 4, 5}));
                }),
                kInvalid, "layer 0 '': weights has 5 floats, want 3 x 2 = 6"},
        BadFile{"many_weights", First([](v1::Layer& l) { l.mutable_weights()->append(4, '\0'); }),
                kInvalid, "layer 0 '': weights has 7 floats, want 3 x 2 = 6"},
        BadFile{"part_of_a_weight", First([](v1::Layer& l) { l.mutable_weights()->pop_back(); }),
                kInvalid, "weights has 23 bytes, want a multiple of 4"},
        BadFile{"few_biases", First([](v1::Layer& l) {
                  l.set_bias(Packed({1, 2}));
                }),
                kInvalid, "layer 0 'layer0': bias has 2 floats, want 3"},
        BadFile{"part_of_a_bias", First([](v1::Layer& l) { l.set_bias("abc"); }), kInvalid,
                "bias has 3 bytes, want a multiple of 4"},
        BadFile{"no_inputs", First([](v1::Layer& l) {
                  l.set_inputs(0);
                  l.clear_weights();
                }),
                kInvalid, "got 0 inputs and 3 outputs, want at least 1"},
        BadFile{"no_outputs", First([](v1::Layer& l) {
                  l.set_outputs(0);
                  l.clear_weights();
                }),
                kInvalid, "got 2 inputs and 0 outputs, want at least 1"},
        BadFile{"broken_chain",
                [](v1::Mlp& f) {
                  f.mutable_layers(1)->set_inputs(2);
                  f.mutable_layers(1)->set_weights(Packed({1, 2}));
                },
                kInvalid,
                "layer 1 'layer1': has 2 inputs, want 3, the outputs of layer 0 'layer0'"},
        BadFile{"weight_nan", First([](v1::Layer& l) {
                  l.set_weights(Packed({1, 2, 3, kNan, 5, 6}));
                }),
                kInvalid, "layer 0 'layer0': weights[3] is nan, want a finite number"},
        BadFile{"bias_infinite", First([](v1::Layer& l) {
                  l.set_bias(Packed({1, -kInf, 3}));
                }),
                kInvalid, "layer 0 'layer0': bias[1] is -inf, want a finite number"},
        BadFile{"long_name", First([](v1::Layer& l) { l.set_name(std::string(129, 'n')); }),
                kInvalid, "name has 129 characters, want at most 128"}),
    ::testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    Activations, ReadBadMlp,
    ::testing::Values(
        BadFile{"unknown", First([](v1::Layer& l) { l.mutable_activation()->set_name("reluu"); }),
                kUnknown, "layer 0 '': unknown activation 'reluu'"},
        BadFile{"other_case", First([](v1::Layer& l) { l.mutable_activation()->set_name("ReLU"); }),
                kUnknown, "unknown activation 'ReLU'"},
        BadFile{"unknown_parameter",
                First([](v1::Layer& l) { SetParameter(l, "elu", "slope", 1); }), kInvalid,
                "activation 'elu': got parameter 'slope', want alpha"},
        BadFile{"parameter_too_large",
                First([](v1::Layer& l) { SetParameter(l, "elu", "alpha", 101); }), kInvalid,
                "activation 'elu': got alpha = 101, want a number from -100 to 100"},
        BadFile{"parameter_nan",
                First([](v1::Layer& l) { SetParameter(l, "swish", "beta", kNan); }), kInvalid,
                "activation 'swish': got beta = nan"},
        BadFile{"prelu_without_slopes",
                First([](v1::Layer& l) { l.mutable_activation()->set_name("prelu"); }), kInvalid,
                "slopes has 0 floats, want 3"},
        BadFile{"few_slopes", First([](v1::Layer& l) {
                  l.mutable_activation()->set_name("prelu");
                  l.mutable_activation()->set_slopes(Packed({1, 2}));
                }),
                kInvalid, "slopes has 2 floats, want 3"},
        BadFile{"slope_infinite", First([](v1::Layer& l) {
                  l.mutable_activation()->set_name("prelu");
                  l.mutable_activation()->set_slopes(Packed({1, 2, kInf}));
                }),
                kInvalid, "slopes[2] is inf, want a finite number"},
        BadFile{"slopes_of_relu", First([](v1::Layer& l) {
                  l.mutable_activation()->set_slopes(Packed({1, 2, 3}));
                }),
                kInvalid, "activation 'relu' has 3 slopes, want none"}),
    ::testing::PrintToStringParamName());

// 2 -> 3, and from there 1 and, under another name, the 3 again.
v1::Mlp TreeFile() {
  v1::Mlp file = SmallFile();
  file.set_format_version(2);
  file.clear_output();
  for (const uint32_t source : {2u, 1u}) {
    auto& output = *file.add_outputs();
    output.set_width(source == 2 ? 1 : 3);
    output.set_source(source);
  }
  file.mutable_outputs(1)->set_name("trunk");
  return file;
}

TEST(ReadMlp, ReadsTrees) {
  v1::Mlp file = TreeFile();
  *file.add_layers() = file.layers(1);
  file.mutable_layers(2)->set_source(1);
  auto& last = *file.add_outputs();
  last.set_width(1);
  last.set_source(3);
  last.add_class_labels("no");
  last.add_class_labels("yes");
  last.set_threshold(0.25f);
  file.mutable_outputs(1)->set_multilabel(true);
  const auto mlp = ReadMlp(Sealed(file));
  ASSERT_THAT(mlp, IsOk());
  EXPECT_EQ(mlp->layers[1].source, ValueId{1}) << "the layer before";
  EXPECT_EQ(mlp->layers[2].source, ValueId{1});
  ASSERT_EQ(mlp->outputs.size(), 3u);
  EXPECT_EQ(mlp->outputs[0].name, "output0");
  EXPECT_EQ(mlp->outputs[1].name, "trunk");
  EXPECT_EQ(mlp->outputs[1].source, ValueId{1});
  EXPECT_EQ(mlp->outputs[1].threshold, 0.5f);
  EXPECT_THAT(mlp->outputs[2].class_labels, ElementsAre("no", "yes"));
  EXPECT_EQ(mlp->outputs[2].threshold, 0.25f);
  EXPECT_TRUE(mlp->outputs[1].multilabel);
  EXPECT_FALSE(mlp->outputs[2].multilabel);
}

class ReadBadTree : public ::testing::TestWithParam<BadFile> {};

TEST_P(ReadBadTree, SaysWhatIsWrong) {
  v1::Mlp file = TreeFile();
  GetParam().change(file);
  EXPECT_THAT(ReadMlp(Sealed(file)), StatusIs(GetParam().code, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ReadBadTree,
    ::testing::Values(
        BadFile{"output_beside", [](v1::Mlp& f) { f.mutable_output()->set_width(1); }, kInvalid,
                "has fields of format version 1, but is of 2"},
        BadFile{"labels_beside", [](v1::Mlp& f) { f.add_class_labels("a"); }, kInvalid,
                "has fields of format version 1, but is of 2"},
        BadFile{"threshold_beside", [](v1::Mlp& f) { f.set_threshold(0); }, kInvalid,
                "has fields of format version 1, but is of 2"},
        BadFile{"no_outputs", [](v1::Mlp& f) { f.clear_outputs(); }, kInvalid,
                "has 0 outputs, want 1 to 64"},
        BadFile{"many_outputs",
                [](v1::Mlp& f) {
                  for (int i = 0; i < 1000; ++i) *f.add_outputs() = f.outputs(0);
                },
                kInvalid, "has 1002 outputs, want 1 to 64"},
        BadFile{"source_of_itself", [](v1::Mlp& f) { f.mutable_layers(1)->set_source(2); },
                kInvalid,
                "layer 1 'layer1': reads value 2, want at most 1, that of the layer before"},
        BadFile{"source_far_away", [](v1::Mlp& f) { f.mutable_layers(0)->set_source(0xffffffffu); },
                kInvalid,
                "layer 0 'layer0': reads value 4294967295, want at most 0, that of the layer "
                "before"},
        BadFile{"source_of_another_width", [](v1::Mlp& f) { f.mutable_layers(1)->set_source(0); },
                kInvalid, "layer 1 'layer1': has 3 inputs, want 2, the width of the input"},
        BadFile{"output_of_the_input", [](v1::Mlp& f) { f.mutable_outputs(0)->clear_source(); },
                kInvalid, "output 'output0': is value 0, want 1 to 2, that of a layer"},
        BadFile{"output_far_away",
                [](v1::Mlp& f) { f.mutable_outputs(0)->set_source(0xffffffffu); }, kInvalid,
                "output 'output0': is value 4294967295, want 1 to 2, that of a layer"},
        BadFile{"unused_layer", [](v1::Mlp& f) { f.mutable_outputs(0)->set_source(1); }, kInvalid,
                "layer 1 'layer1': is read by no layer and is no output"},
        BadFile{"width", [](v1::Mlp& f) { f.mutable_outputs(1)->set_width(2); }, kInvalid,
                "output 'trunk' has width 2, want 3, as its layer"},
        BadFile{"long_name",
                [](v1::Mlp& f) { f.mutable_outputs(1)->set_name(std::string(129, 'o')); }, kInvalid,
                "output name has 129 characters, want at most 128"},
        BadFile{"same_name", [](v1::Mlp& f) { f.mutable_outputs(1)->set_name("output0"); },
                kInvalid, "there are two outputs 'output0', want names that differ"},
        BadFile{"labels", [](v1::Mlp& f) { f.mutable_outputs(1)->add_class_labels("a"); }, kInvalid,
                "output 'trunk': has 1 class labels, want 3"},
        BadFile{"multilabel_of_one_column",
                [](v1::Mlp& f) { f.mutable_outputs(0)->set_multilabel(true); }, kInvalid,
                "output 'output0': is multilabel with 1 columns and 0 class labels, want 2 columns "
                "or more and no class labels"}),
    ::testing::PrintToStringParamName());

INSTANTIATE_TEST_SUITE_P(
    Rest, ReadBadMlp,
    ::testing::Values(
        BadFile{"version_0", [](v1::Mlp& f) { f.clear_format_version(); }, kUnknown,
                "format version 0, want 1 to 3"},
        BadFile{"version_4", [](v1::Mlp& f) { f.set_format_version(4); }, kUnknown,
                "format version 4, want 1 to 3"},
        BadFile{"chain_of_version_3", [](v1::Mlp& f) { f.set_format_version(3); }, kInvalid,
                "has fields of format version 1, but is of 3"},
        BadFile{"chain_of_version_2", [](v1::Mlp& f) { f.set_format_version(2); }, kInvalid,
                "has fields of format version 1, but is of 2"},
        BadFile{"list_of_outputs", [](v1::Mlp& f) { f.add_outputs(); }, kInvalid,
                "has fields of format version 2, but is of 1"},
        BadFile{"source", [](v1::Mlp& f) { f.mutable_layers(1)->set_source(1); }, kInvalid,
                "has fields of format version 2, but is of 1"},
        BadFile{"input_width", [](v1::Mlp& f) { f.mutable_input()->set_width(3); }, kInvalid,
                "input has width 3, want 2, as its layer"},
        BadFile{"output_width", [](v1::Mlp& f) { f.mutable_output()->set_width(0); }, kInvalid,
                "output 'output' has width 0, want 1, as its layer"},
        BadFile{"input_name",
                [](v1::Mlp& f) { f.mutable_input()->set_name(std::string(200, 'i')); }, kInvalid,
                "input name has 200 characters, want at most 128"},
        BadFile{"output_name",
                [](v1::Mlp& f) { f.mutable_output()->set_name(std::string(129, 'o')); }, kInvalid,
                "output name has 129 characters, want at most 128"},
        BadFile{"one_label", [](v1::Mlp& f) { f.add_class_labels("yes"); }, kInvalid,
                "has 1 class labels, want 2"},
        BadFile{"threshold", [](v1::Mlp& f) { f.set_threshold(kNan); }, kInvalid,
                "threshold is nan, want a finite number"},
        BadFile{"offset_count",
                [](v1::Mlp& f) { f.mutable_normalization()->set_offset(Packed({1})); }, kInvalid,
                "normalization: offset has 1 floats, want 2"},
        BadFile{"scale_count",
                [](v1::Mlp& f) {
                  f.mutable_normalization()->set_scale(Packed({1, 2, 3}));
                },
                kInvalid, "normalization: scale has 3 floats, want 2"},
        BadFile{"scale_nan",
                [](v1::Mlp& f) {
                  f.mutable_normalization()->set_scale(Packed({1, kNan}));
                },
                kInvalid, "normalization: scale[1] is nan, want a finite number"}),
    ::testing::PrintToStringParamName());

// Sizes that a few bytes claim but do not bear out.
INSTANTIATE_TEST_SUITE_P(
    HugeSizes, ReadBadMlp,
    ::testing::Values(BadFile{"inputs", First([](v1::Layer& l) { l.set_inputs(kHuge); }), kInvalid,
                              "weights has 6 floats, want 3 x 4294967295 = 12884901885"},
                      BadFile{"outputs", First([](v1::Layer& l) { l.set_outputs(kHuge); }),
                              kInvalid, "weights has 6 floats, want 4294967295 x 2 = 8589934590"},
                      BadFile{"both", First([](v1::Layer& l) {
                                l.set_inputs(kHuge);
                                l.set_outputs(kHuge);
                              }),
                              kInvalid, "want 4294967295 x 4294967295 = 18446744065119617025"},
                      BadFile{"outputs_of_no_inputs", First([](v1::Layer& l) {
                                l.set_inputs(0);
                                l.set_outputs(kHuge);
                                l.clear_weights();
                              }),
                              kInvalid, "got 0 inputs and 4294967295 outputs, want at least 1"},
                      BadFile{"normalization_of_no_outputs",
                              [](v1::Mlp& f) {
                                f.mutable_layers()->RemoveLast();
                                f.mutable_layers(0)->set_inputs(kHuge);
                                f.mutable_layers(0)->set_outputs(0);
                                f.mutable_layers(0)->clear_weights();
                                f.mutable_input()->set_width(kHuge);
                                f.mutable_output()->set_width(0);
                                f.mutable_normalization();
                              },
                              kInvalid, "0 outputs, want at least 1"}),
    ::testing::PrintToStringParamName());

TEST(ReadBadMlp, DoesNotRepeatLongTextsOfTheFile) {
  const std::string text(100'000, 'n');
  const auto message_bytes = [](const v1::Mlp& file) {
    return ReadMlp(Sealed(file)).status().message().size();
  };
  v1::Mlp long_name = SmallFile();
  long_name.mutable_layers(0)->set_name(text);
  EXPECT_LT(message_bytes(long_name), 1000u);
  v1::Mlp long_activation = SmallFile();
  long_activation.mutable_layers(0)->mutable_activation()->set_name(text);
  EXPECT_LT(message_bytes(long_activation), 1000u);
  v1::Mlp long_parameter = SmallFile();
  SetParameter(*long_parameter.mutable_layers(0), "relu", text, 1);
  EXPECT_LT(message_bytes(long_parameter), 1000u);
}

}  // namespace
}  // namespace hillock::model
