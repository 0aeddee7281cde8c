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

namespace hillock::model {
namespace {

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

// A reader that knows only version 1 reads what it can, and refuses the rest.
TEST(WriteMlp, StatesTheOldestVersionThatHoldsTheModel) {
  const auto version = [](const MlpBuilder& builder) {
    v1::Mlp file;
    EXPECT_TRUE(file.ParseFromString(WriteMlp(builder.Build())));
    return file.format_version();
  };
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
