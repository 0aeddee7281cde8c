// SPDX-License-Identifier: Apache-2.0

// Validate() of layers that are not dense.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <variant>

#include "server/core/model/mlp.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::model {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr size_t kScale = 0, kSelect = 1, kAdd = 2, kReduce = 3, kNormalize = 4, kLookup = 5,
                 kConstant = 6, kSoftmax = 7;

// One layer of each kind, all read or put out.
Mlp EveryKind() {
  return MlpBuilder(4)
      .Input("more", 2)
      .Add(Scale{{1, 2, 3, 4, 5, 6}, {0, 0, 0, 0, 0, 0}}, {0}, 6)
      .Add(Select{{5, 0, 7}}, {1, 0}, 3)
      .Combine("add", {1, 0})
      .Reduce("sum", 3, 2)
      .Add(Normalize{true, 1e-5f, 3, {}, {}}, {1}, 6)
      .Add(Lookup{{1, 2}, false, 2, {1, 2, 3, 4}, {0, 0}}, {2}, 6)
      .Add(Constant{{1, 2}}, {}, 2)
      .Add(Combine{FindFunction("where")}, {4, 7, 7}, 2, "softmax", 1)
      .Add(DynamicQuantize{}, {8}, 2)
      .Output("selected", 2)
      .Output("normalized", 5)
      .Output("found", 6)
      .Output("last", 9)
      .Build();
}

TEST(Validate, PassesEveryKindOfOperation) { EXPECT_THAT(Validate(EveryKind()), IsOk()); }

TEST(Mlp, OfRowOperationsIsNoChain) { EXPECT_FALSE(EveryKind().is_chain()); }

TEST(Mlp, IsFiniteUnlessAnOperationMakesMore) {
  EXPECT_TRUE(EveryKind().is_finite());
  EXPECT_FALSE(MlpBuilder(2).Combine("div", {0, 0}).Build().is_finite());
  EXPECT_FALSE(MlpBuilder(2).Reduce("log_sum", 0, 1).Build().is_finite());
}

template <class Operation>
Operation& Of(Mlp& mlp, size_t layer) {
  return std::get<Operation>(*mlp.layers[layer].operation);
}

struct BadOperation {
  std::string name;
  std::function<void(Mlp&)> change;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const BadOperation& bad) { return out << bad.name; }

class ValidateBadOperation : public ::testing::TestWithParam<BadOperation> {};

TEST_P(ValidateBadOperation, NamesTheFault) {
  Mlp mlp = EveryKind();
  GetParam().change(mlp);
  EXPECT_THAT(Validate(mlp),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ValidateBadOperation,
    ::testing::Values(
        BadOperation{"no_outputs", [](Mlp& m) { m.layers[kSelect].outputs = 0; },
                     "layer 1 'layer1': got 0 outputs, want at least 1"},
        BadOperation{"weights", [](Mlp& m) { m.layers[kAdd].weights = {1}; },
                     "layer 2 'layer2': has weights, and is not dense"},
        BadOperation{"reads_itself", [](Mlp& m) { m.layers[kAdd].operands[1] = ValueId{3}; },
                     "layer 2 'layer2': reads value 3, want at most 2"},
        BadOperation{"few_scales", [](Mlp& m) { Of<Scale>(m, kScale).scale.pop_back(); },
                     "layer 0 'layer0': has 5 scales, want 6"},
        BadOperation{"infinite_shift", [](Mlp& m) { Of<Scale>(m, kScale).shift[3] = kInf; },
                     "layer 0 'layer0': has shifts that are not finite"},
        BadOperation{"two_sources_scaled",
                     [](Mlp& m) { m.layers[kScale].operands.push_back(ValueId::kInput); },
                     "layer 0 'layer0': has 2 sources, want 1"},
        BadOperation{"wider_than_scaled", [](Mlp& m) { m.layers[kScale].outputs = 7; },
                     "layer 0 'layer0': has 7 outputs, want 6"},
        BadOperation{"few_columns", [](Mlp& m) { Of<Select>(m, kSelect).columns.pop_back(); },
                     "layer 1 'layer1': has 2 columns, want 3"},
        BadOperation{"column_too_far", [](Mlp& m) { Of<Select>(m, kSelect).columns[1] = 12; },
                     "layer 1 'layer1': selects column 12 of 12"},
        BadOperation{"one_source_added", [](Mlp& m) { m.layers[kAdd].operands.pop_back(); },
                     "layer 2 'layer2': has 1 sources, want 2"},
        BadOperation{"widths_that_do_not_fit",
                     [](Mlp& m) { m.layers[kAdd].operands[1] = ValueId{2}; },
                     "layer 2 'layer2': source 1 has 3 columns, want 1 or 6"},
        BadOperation{"groups_that_do_not_fit", [](Mlp& m) { m.layers[kReduce].outputs = 4; },
                     "layer 3 'layer3': makes 4 outputs of 6 columns"},
        BadOperation{"no_group", [](Mlp& m) { Of<Normalize>(m, kNormalize).group = 0; },
                     "layer 4 'layer4': has groups of 0 for 6 columns"},
        BadOperation{"group_that_does_not_divide",
                     [](Mlp& m) { Of<Normalize>(m, kNormalize).group = 4; },
                     "layer 4 'layer4': has groups of 4 for 6 columns"},
        BadOperation{"negative_epsilon", [](Mlp& m) { Of<Normalize>(m, kNormalize).epsilon = -1; },
                     "layer 4 'layer4': has epsilon -1"},
        BadOperation{"few_normalize_scales",
                     [](Mlp& m) { Of<Normalize>(m, kNormalize).scale = {1}; },
                     "layer 4 'layer4': has 1 scales, want 6"},
        BadOperation{"no_table", [](Mlp& m) { Of<Lookup>(m, kLookup).table.clear(); },
                     "layer 5 'layer5': has a table of 0 floats for 2 columns"},
        BadOperation{"part_of_an_entry", [](Mlp& m) { Of<Lookup>(m, kLookup).table.pop_back(); },
                     "layer 5 'layer5': has a table of 3 floats for 2 columns"},
        BadOperation{"no_width", [](Mlp& m) { Of<Lookup>(m, kLookup).width = 0; },
                     "layer 5 'layer5': has a table of 4 floats for 0 columns"},
        BadOperation{"few_found", [](Mlp& m) { m.layers[kLookup].outputs = 5; },
                     "layer 5 'layer5': has 5 outputs, want 6"},
        BadOperation{"few_defaults", [](Mlp& m) { Of<Lookup>(m, kLookup).otherwise.pop_back(); },
                     "layer 5 'layer5': has 1 defaults, want 2"},
        BadOperation{"few_keys", [](Mlp& m) { Of<Lookup>(m, kLookup).keys.pop_back(); },
                     "layer 5 'layer5': has 1 keys, want 2"},
        BadOperation{"equal_keys", [](Mlp& m) { Of<Lookup>(m, kLookup).keys[1] = 1; },
                     "layer 5 'layer5': has keys that do not ascend, or that wrap"},
        BadOperation{"keys_that_wrap", [](Mlp& m) { Of<Lookup>(m, kLookup).wraps = true; },
                     "layer 5 'layer5': has keys that do not ascend, or that wrap"},
        BadOperation{"constant_of_something",
                     [](Mlp& m) { m.layers[kConstant].operands = {ValueId{1}}; },
                     "layer 6 'layer6': has 1 sources, want 0"},
        BadOperation{"few_values", [](Mlp& m) { m.layers[kConstant].outputs = 1; },
                     "layer 6 'layer6': has 2 values, want 1"},
        BadOperation{"activation_group", [](Mlp& m) { m.layers[kSoftmax].group = 3; },
                     "layer 7 'layer7': runs over groups of 3 of 2 columns"},
        BadOperation{"unused", [](Mlp& m) { m.outputs.pop_back(); },
                     "layer 8 'layer8': is read by no layer and is no output"}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace hillock::model
