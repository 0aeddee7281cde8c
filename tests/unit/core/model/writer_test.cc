// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "proto/mlp.pb.h"
#include "server/core/model/reader.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/model/equals_mlp.h"
#include "tests/unit/core/model/graph_models.h"

namespace hillock::model {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::RandomTree;

class WriteMlpWith : public ::testing::TestWithParam<activation::Spec> {
 protected:
  static std::string_view Name() { return GetParam().name; }
};

TEST_P(WriteMlpWith, ComesBackEqual) {
  const Mlp mlp = MlpBuilder(4, 7).Add(5, Name()).Add(3, Name()).Normalized().Build();
  EXPECT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp)));
}

TEST_P(WriteMlpWith, KeepsParametersThatAreNotTheDefault) {
  std::map<std::string, float> params;
  for (size_t i = 0; i < GetParam().param_count; ++i) {
    params[std::string(GetParam().params[i].name)] = GetParam().params[i].high;
  }
  const Mlp mlp = MlpBuilder(2).Add(2, Name(), params).Build();
  EXPECT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp)));
}

INSTANTIATE_TEST_SUITE_P(EveryActivation, WriteMlpWith,
                         ::testing::ValuesIn(activation::All().begin(), activation::All().end()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(WriteMlp, KeepsLabelsNamesAndThreshold) {
  Mlp mlp = MlpBuilder(3).Add(1, "sigmoid").Labels({"ham", "spam"}).Build();
  mlp.producer = "writer_test";
  mlp.inputs.front().name = "mail";
  mlp.outputs.front().name = "verdict";
  mlp.outputs.front().threshold = -0.75f;
  mlp.layers[0].name = "only";
  EXPECT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp)));
}

TEST(WriteMlp, KeepsAThresholdOfZero) {
  Mlp mlp = MlpBuilder(3).Add(1, "tanh").Labels({"no", "yes"}).Build();
  mlp.outputs.front().threshold = 0;
  EXPECT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp)));
}

TEST(WriteMlp, KeepsTrees) {
  constexpr std::string_view kActivations[] = {"identity", "relu", "prelu", "softmax"};
  for (uint32_t seed = 0; seed < 100; ++seed) {
    const Mlp mlp = RandomTree(seed, kActivations);
    ASSERT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp))) << "seed " << seed;
  }
}

TEST(WriteMlp, KeepsTheLabelsOfEveryOutput) {
  Mlp mlp = MlpBuilder(3)
                .Add(1, "sigmoid")
                .Output("verdict", {"ham", "spam"})
                .From(ValueId::kInput)
                .Add(2, "softmax")
                .Output("language", {"de", "en"})
                .Build();
  mlp.outputs[0].threshold = 0.75f;
  EXPECT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp)));
}

TEST(WriteMlp, KeepsMultilabelOutputs) {
  const Mlp one = MlpBuilder(3).Add(4, "sigmoid").Multilabel(-0.25f).Build();
  EXPECT_THAT(ReadMlp(WriteMlp(one)), IsOkAndHolds(EqualsMlp(one)));
  const Mlp two =
      MlpBuilder(3).Add(4, "sigmoid").Output("a").Multilabel().Add(2, "tanh").Output("b").Build();
  EXPECT_THAT(ReadMlp(WriteMlp(two)), IsOkAndHolds(EqualsMlp(two)));
}

TEST(WriteMlp, KeepsEveryOperation) {
  for (const NamedModel& model : EveryOperation()) {
    ASSERT_THAT(Validate(model.mlp), IsOk()) << model.name;
    EXPECT_THAT(ReadMlp(WriteMlp(model.mlp)), IsOkAndHolds(EqualsMlp(model.mlp))) << model.name;
  }
}

TEST(WriteMlp, KeepsEveryFieldOfAGraph) {
  const Mlp mlp = EveryField();
  ASSERT_THAT(Validate(mlp), IsOk());
  EXPECT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp)));
}

TEST(WriteMlp, KeepsDenseLayersAndLabelsOfAGraph) {
  Mlp mlp = MlpBuilder(3).Add(4, "swish").Add(1, "sigmoid").Normalized().Labels({"a", "b"}).Build();
  mlp.layers[1].source = OutputOf(0);
  mlp.inputs = {FlatInput("a", 1), FlatInput("b", 2)};
  mlp.outputs[0].threshold = 0.25f;
  EXPECT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp)));
}

TEST(WriteMlp, LeavesOutShapesThatGoWithoutSaying) {
  Mlp mlp = MlpBuilder(3).Add(4, "swish").Build();
  const std::string file = WriteMlp(mlp);
  mlp.outputs[0].shape = {-1, 4};
  EXPECT_EQ(WriteMlp(mlp), file);
}

unsigned VersionOf(const Mlp& mlp) {
  v1::Mlp file;
  EXPECT_TRUE(file.ParseFromString(WriteMlp(mlp)));
  return file.format_version();
}

// What a model has beyond one of version 1.
struct Addition {
  std::string name;
  void (*make)(Mlp& mlp);
};

std::ostream& operator<<(std::ostream& out, const Addition& addition) {
  return out << addition.name;
}

class WriteGraph : public ::testing::TestWithParam<Addition> {};

TEST_P(WriteGraph, StatesVersion3) {
  Mlp mlp = MlpBuilder(2).Add(3, "relu").Build();
  EXPECT_EQ(VersionOf(mlp), 1u);
  GetParam().make(mlp);
  ASSERT_THAT(Validate(mlp), IsOk());
  EXPECT_EQ(VersionOf(mlp), 3u);
  EXPECT_THAT(ReadMlp(WriteMlp(mlp)), IsOkAndHolds(EqualsMlp(mlp)));
}

INSTANTIATE_TEST_SUITE_P(
    For, WriteGraph,
    ::testing::Values(
        Addition{"an_input",
                 [](Mlp& m) {
                   m.inputs.push_back(FlatInput("b", 1));
                   m.inputs[0] = FlatInput("a", 1);
                 }},
        Addition{"a_datatype", [](Mlp& m) { m.inputs[0].datatype = Datatype::kFp64; }},
        Addition{"an_input_shape",
                 [](Mlp& m) {
                   m.inputs[0].shape = {-1, 1, 2};
                 }},
        Addition{"an_optional_input", [](Mlp& m) { m.inputs[0].required = false; }},
        Addition{"a_shared_input",
                 [](Mlp& m) {
                   m.inputs[0].shape = {2};
                   m.inputs[0].shared = true;
                 }},
        Addition{"non_finite", [](Mlp& m) { m.inputs[0].takes_non_finite = true; }},
        Addition{"low",
                 [](Mlp& m) {
                   m.inputs[0].low = {0, 0};
                 }},
        Addition{"high",
                 [](Mlp& m) {
                   m.inputs[0].high = {1, 1};
                 }},
        Addition{"words", [](Mlp& m) { m.words = {"word"}; }},
        Addition{
            "an_operation",
            [](Mlp& m) { m.outputs[0].source = AddOperation(m, Select{{0}}, {OutputOf(0)}, 1); }},
        Addition{"an_output_datatype", [](Mlp& m) { m.outputs[0].datatype = Datatype::kBool; }},
        Addition{"an_output_shape", [](Mlp& m) { m.outputs[0].shape = {-3}; }},
        Addition{"column_names",
                 [](Mlp& m) {
                   m.outputs[0].column_names = {"a", "b", "c"};
                 }},
        Addition{"a_constant",
                 [](Mlp& m) {
                   m.outputs.push_back({.name = "c", .is_constant = true, .constant = {1}});
                 }},
        Addition{"an_empty_constant",
                 [](Mlp& m) {
                   m.outputs.push_back({.name = "c", .shape = {0, 2}, .is_constant = true});
                 }},
        Addition{"what_is_left_out",
                 [](Mlp& m) {
                   m.left_out = {{"noise", "why"}};
                 }}),
    ::testing::PrintToStringParamName());

// A reader that knows only version 1 reads what it can, and refuses the rest.
TEST(WriteMlp, StatesTheOldestVersionThatHoldsTheModel) {
  const auto version = [](const MlpBuilder& builder) { return VersionOf(builder.Build()); };
  EXPECT_EQ(version(MlpBuilder(2).Add(3, "relu").Add(2, "softmax").Labels({"a", "b"})), 1u);
  EXPECT_EQ(version(MlpBuilder(2).Add(3, "relu").Multilabel()), 2u);
  EXPECT_EQ(version(MlpBuilder(2).Add(3, "relu").Output("a").Output("b")), 2u);
  EXPECT_EQ(version(MlpBuilder(2).Add(3, "relu").Output("a").Add(3, "relu").Output("b")), 2u);
}

TEST(WriteMlp, WritesTheSameBytesEveryTime) {
  const Mlp mlp = MlpBuilder(2).Add(2, "selu").Add(2, "clip").Add(2, "hard_sigmoid").Build();
  const std::string first = WriteMlp(mlp);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(WriteMlp(mlp), first) << "after " << i;
}

TEST(WriteMlp, EndsWithTheCrc32OfAllBeforeIt) {
  const std::string file = WriteMlp(MlpBuilder(2).Add(2, "relu").Build());
  const size_t body = file.size() - 5;
  EXPECT_EQ(file[body], 0x7d);
  uint32_t stated = 0;
  for (size_t i = 4; i > 0; --i) stated = stated << 8 | static_cast<unsigned char>(file[body + i]);
  EXPECT_EQ(stated, crc32_z(0, reinterpret_cast<const Bytef*>(file.data()), body));
}

}  // namespace
}  // namespace hillock::model
