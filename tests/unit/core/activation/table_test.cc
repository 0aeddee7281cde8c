// SPDX-License-Identifier: Apache-2.0

// What holds for every row of the table.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "tests/unit/core/activation/each_activation.h"

namespace hillock::activation {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;
using ::testing::MatchesRegex;

TEST(Table, GivesEveryActivationANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Spec& spec : All()) EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
  EXPECT_FALSE(names.empty());
}

TEST(Table, TellsOnnxSiblingsApart) {
  std::set<std::string> forms;
  for (const Spec& spec : All()) {
    if (spec.onnx.op.empty()) continue;
    const std::string form = std::string(spec.onnx.op) + "/" + std::string(spec.onnx.attribute) +
                             "=" + std::string(spec.onnx.value);
    EXPECT_TRUE(forms.insert(form).second) << spec.name << ": " << form;
  }
}

// Whether a node may read this: x, a number, a parameter, or an earlier node of the first `count`.
bool IsKnown(const Spec& spec, std::string_view input, size_t count) {
  for (const std::string_view known : {"", "x", "zero", "half", "one"}) {
    if (input == known) return true;
  }
  for (size_t i = 0; i < spec.param_count; ++i) {
    if (input == spec.params[i].name) return true;
  }
  const auto earlier = spec.onnx_nodes().first(count);
  return std::ranges::find(earlier, input, &OnnxNode::name) != earlier.end();
}

TEST(Table, DecomposesIntoNodesThatReadWhatIsThere) {
  for (const Spec& spec : All()) {
    for (size_t i = 0; i < spec.onnx_nodes().size(); ++i) {
      for (const std::string_view input : spec.onnx_nodes()[i].inputs) {
        EXPECT_TRUE(IsKnown(spec, input, i)) << spec.name << ": " << input;
      }
    }
  }
}

TEST(Table, HasAFormInOnnxForEveryActivation) {
  for (const Spec& spec : All()) {
    EXPECT_TRUE(spec.name == kIdentity || !spec.onnx.op.empty() || !spec.onnx_nodes().empty())
        << spec.name;
  }
}

TEST(Find, KnowsNothingButTheExactNames) {
  for (const char* name : {"", "Relu", "RELU", " relu", "relu ", "rel", "relu6", "softmax\n"}) {
    EXPECT_EQ(Find(name), nullptr) << "'" << name << "'";
  }
}

class TableRow : public EachActivation {};

TEST_P(TableRow, IsFoundByItsName) { EXPECT_EQ(Find(spec().name), &spec()); }

TEST_P(TableRow, IsAtItsIndex) { EXPECT_EQ(&All()[spec().index], &spec()); }

TEST_P(TableRow, HasASnakeCaseName) {
  EXPECT_THAT(std::string(spec().name), MatchesRegex("[a-z][a-z0-9]*(_[a-z0-9]+)*"));
}

TEST_P(TableRow, HasAFormula) { EXPECT_FALSE(spec().formula.empty()); }

TEST_P(TableRow, HasTheFunctionsOfItsScope) {
  EXPECT_NE(spec().derivative, nullptr);
  EXPECT_EQ(spec().reference == nullptr, spec().scope == Scope::kRow);
  EXPECT_EQ(spec().reference_row == nullptr, spec().scope != Scope::kRow);
}

TEST_P(TableRow, CountsItsParameters) {
  for (size_t i = 0; i < kMaxParams; ++i) {
    EXPECT_EQ(spec().params[i].name.empty(), i >= spec().param_count) << i;
  }
}

TEST_P(TableRow, HasDefaultsInsideTheirRanges) {
  for (size_t i = 0; i < spec().param_count; ++i) {
    const ParamSpec& p = spec().params[i];
    EXPECT_THAT(p.default_value, AllOf(Ge(p.low), Le(p.high))) << p.name;
    EXPECT_THAT(std::string(p.name), MatchesRegex("[a-z][a-z0-9_]*"));
  }
}

TEST_P(TableRow, PerUnitOnesKeepTheirSlopeInTheFirstParameter) {
  if (spec().scope == Scope::kPerUnit) {
    EXPECT_GE(spec().param_count, 1u);
  }
}

TEST_P(TableRow, NamesAnOnnxAttributeOnlyWithAValueAndAnOperator) {
  EXPECT_EQ(spec().onnx.attribute.empty(), spec().onnx.value.empty());
  EXPECT_EQ(spec().onnx.op.empty(), spec().onnx.since == 0);
  EXPECT_TRUE(spec().onnx.attribute.empty() || !spec().onnx.op.empty());
}

TEST_P(TableRow, HasATolerance) { EXPECT_GE(spec().tolerance.ulp, 0); }

INSTANTIATE_TEST_SUITE_P(Each, TableRow, ::testing::ValuesIn(Pointers(true)), NameOf);

}  // namespace
}  // namespace hillock::activation
