#include "server/model/mlp.h"

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

TEST(Mlp, IsAsWideAsItsFirstAndLastLayers) {
  EXPECT_EQ(Sound().inputs(), 2u);
  EXPECT_EQ(Sound().outputs(), 2u);
}

TEST(Validate, PassesASoundModel) { EXPECT_THAT(Validate(Sound()), IsOk()); }

TEST(Validate, WantsALabelAColumnOrTwoForOneColumn) {
  Mlp two = MlpBuilder(2).Add(2, "softmax").Build();
  two.class_labels = {"a", "b"};
  EXPECT_THAT(Validate(two), IsOk());
  two.class_labels = {"a", "b", "c"};
  EXPECT_THAT(Validate(two), StatusIs(absl::StatusCode::kInvalidArgument,
                                      HasSubstr("has 3 class labels, want 2")));
  Mlp one = MlpBuilder(2).Add(1, "sigmoid").Build();
  one.class_labels = {"a", "b"};
  EXPECT_THAT(Validate(one), IsOk());
  one.class_labels = {"a"};
  EXPECT_THAT(Validate(one), StatusIs(absl::StatusCode::kInvalidArgument,
                                      HasSubstr("has 1 class labels, want 2")));
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
               "layer 1 'layer1': has 4 inputs, want 3, the outputs of the layer before"},
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
        BadMlp{"infinite_threshold", [](Mlp& m) { m.threshold = kInf; },
               "threshold is inf, want a finite number"}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace hillock::model
