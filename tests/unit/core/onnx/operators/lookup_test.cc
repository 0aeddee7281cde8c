// SPDX-License-Identifier: Apache-2.0

// Operators that look a value up among keys.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/onnx_builder.h"
#include "tests/unit/core/onnx/answers.h"

namespace hillock::onnx {
namespace {

using ::hillock::testing::Integer;
using ::hillock::testing::Integers;
using ::hillock::testing::OnnxBuilder;
using ::hillock::testing::Reals;
using ::hillock::testing::TensorOf;
using ::hillock::testing::Text;
using ::hillock::testing::Texts;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kMl = "ai.onnx.ml";

// The float that stands for a string in a request; one that the model does not know is -1.
float CodeOf(const model::Mlp& mlp, const std::string& word) {
  const auto found = std::ranges::find(mlp.words, word);
  return found == mlp.words.end() ? -1 : static_cast<float>(found - mlp.words.begin());
}

std::vector<std::string> WordsOf(const model::Mlp& mlp, const std::vector<float>& codes) {
  std::vector<std::string> words;
  for (const float code : codes) words.push_back(mlp.words.at(static_cast<size_t>(code)));
  return words;
}

TEST(LabelEncoder, OfAConstantIsAConstant) {
  const model::Mlp mlp =
      Import(OnnxBuilder()
                 .Input("x", {-1, 2})
                 .Int64s("positions", {4}, {1, 0, 1, 7})
                 .Node("Relu", {"x"}, "y")
                 .Node("LabelEncoder", {"positions"}, "classes",
                       {Integers("keys_int64s", {0, 1}), Texts("values_strings", {"no", "yes"}),
                        Text("default_string", "none")},
                       kMl)
                 .Output("y")
                 .Output("classes"));
  ASSERT_EQ(mlp.outputs.size(), 2);
  const model::Output& classes = mlp.outputs[1];
  EXPECT_TRUE(classes.is_constant);
  EXPECT_THAT(classes.shape, ElementsAre(4));
  EXPECT_THAT(WordsOf(mlp, classes.constant), ElementsAre("yes", "no", "yes", "none"));
}

// What scikit-learn's SimpleImputer of words, with a OneHotEncoder after it, becomes.
TEST(LabelEncoder, MarksMissingWords) {
  const model::Mlp mlp =
      Import(OnnxBuilder()
                 .Input("city", {-1, 1}, DataType::kString)
                 .Int64s("zero", {1}, {0})
                 .Node("LabelEncoder", {"zero"}, "fill",
                       {Integers("keys_int64s", {0}), Texts("values_strings", {"Kiel"})}, kMl)
                 .Node("LabelEncoder", {"city"}, "missing",
                       {Texts("keys_strings", {""}), Integers("values_int64s", {1}),
                        Integer("default_int64", 0)},
                       kMl)
                 .Node("Cast", {"missing"}, "is_missing",
                       {Integer("to", static_cast<int64_t>(DataType::kBool))})
                 .Node("Where", {"is_missing", "fill", "city"}, "filled")
                 .Node("OneHotEncoder", {"filled"}, "marks",
                       {Texts("cats_strings", {"Bonn", "Kiel"})}, kMl)
                 .Int64s("flat", {2}, {-1, 2})
                 .Node("Reshape", {"marks", "flat"}, "y")
                 .Output("y"));
  EXPECT_THAT(Answer(mlp, {CodeOf(mlp, "Bonn")}), ElementsAre(1, 0));
  EXPECT_THAT(Answer(mlp, {CodeOf(mlp, "Kiel")}), ElementsAre(0, 1));
  EXPECT_THAT(Answer(mlp, {CodeOf(mlp, "")}), ElementsAre(0, 1));
  EXPECT_THAT(Answer(mlp, {CodeOf(mlp, "Ulm")}), ElementsAre(0, 0));
}

// Operator set 4 of ai.onnx.ml.
TEST(LabelEncoder, TakesItsListsAsTensors) {
  const model::Mlp mlp = Import(
      OnnxBuilder()
          .Input("x", {-1, 2})
          .Node("LabelEncoder", {"x"}, "y",
                {TensorOf("keys_tensor", {2}, {1, 2}), TensorOf("values_tensor", {2}, {0.5f, 1.5f}),
                 TensorOf("default_tensor", {1}, {-2})},
                kMl)
          .Output("y"));
  EXPECT_THAT(Answer(mlp, {2, 1}), ElementsAre(1.5, 0.5));
  EXPECT_THAT(Answer(mlp, {3, 2}), ElementsAre(-2, 1.5));
}

// 20250101 is no float: that label would come as 20250100.
TEST(Labels, BeyondWhatFloatsHoldAreLeftOut) {
  const model::Mlp mlp =
      Import(OnnxBuilder()
                 .Input("x", {-1, 2})
                 .Int64s("classes", {2}, {20250101, 20250102})
                 .Node("ArgMax", {"x"}, "position", {Integer("axis", 1)})
                 .Node("ArrayFeatureExtractor", {"classes", "position"}, "label", {}, kMl)
                 .Node("Softmax", {"x"}, "probabilities")
                 .Node("Identity", {"classes"}, "names")
                 .Output("label")
                 .Output("probabilities")
                 .Output("names"));
  ASSERT_EQ(mlp.outputs.size(), 1);
  EXPECT_EQ(mlp.outputs[0].name, "probabilities");
  ASSERT_EQ(mlp.left_out.size(), 2);
  EXPECT_THAT(mlp.left_out[0].reason, HasSubstr("20250101"));
  EXPECT_THAT(mlp.left_out[1].reason, HasSubstr("20250101"));
}

// An even number of that size is one.
TEST(Labels, BeyondWhatFloatsHoldAreKeptWhereExact) {
  const model::Mlp mlp = Import(
      OnnxBuilder()
          .Input("x", {-1, 2})
          .Node("LinearClassifier", {"x"}, "label",
                {Reals("coefficients", {1, 0, 0, 1}), Integers("classlabels_ints", {20250100, -7})},
                kMl)
          .Output("label"));
  EXPECT_THAT(Answer(mlp, {2, 1}), ElementsAre(20250100));
  EXPECT_THAT(Answer(mlp, {1, 2}), ElementsAre(-7));
}

}  // namespace
}  // namespace hillock::onnx
