// SPDX-License-Identifier: Apache-2.0
#include "client/report/prediction.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor Floats(size_t width, std::vector<float> values) {
  return {"probabilities", width, Tensor::Kind::kFloats, std::move(values), {}, {}};
}

Tensor Texts(std::vector<std::string> values, size_t width = 1) {
  return {"label", width, Tensor::Kind::kStrings, {}, std::move(values), {}};
}

Tensor Integers(size_t width, std::vector<int64_t> values) {
  return {"label", width, Tensor::Kind::kIntegers, {}, {}, std::move(values)};
}

Tensor Named(std::string name, Tensor tensor) {
  tensor.name = std::move(name);
  return tensor;
}

Rows RowsOf(size_t count, std::vector<std::string> labels = {}) {
  return {1, std::vector<float>(count), std::move(labels)};
}

Predictions Make(std::vector<Tensor> outputs, const Rows& rows, size_t first_row = 0,
                 std::vector<std::string> class_names = {}) {
  auto predictions = MakePredictions("m", {"7", std::move(outputs)}, rows, first_row,
                                     {{"", std::move(class_names)}});
  EXPECT_THAT(predictions, IsOk());
  EXPECT_EQ(predictions->size(), 1u);
  return predictions->front();
}

std::vector<std::string> LabelsOf(const Predictions& predictions) {
  std::vector<std::string> labels;
  for (const Prediction& row : predictions.rows) labels.push_back(row.label);
  return labels;
}

std::vector<std::string> NamesOf(const std::vector<ClassScore>& ranked) {
  std::vector<std::string> names;
  for (const ClassScore& one : ranked) names.push_back(one.name);
  return names;
}

TEST(MakePredictionsTest, PairsRowsWithTheServersLabels) {
  const auto p =
      Make({Floats(2, {.9f, .1f, .2f, .8f}), Texts({"no", "yes"})}, RowsOf(2, {"no", "no"}), 10);
  EXPECT_EQ(p.version, "7");
  EXPECT_TRUE(p.names_classes);
  EXPECT_THAT(LabelsOf(p), ElementsAre("no", "yes"));
  EXPECT_THAT(p.rows[1].outputs, ElementsAre(.2f, .8f));
  EXPECT_EQ(p.rows[1].row, 11u);
  EXPECT_EQ(p.rows[1].expected, "no");
}

TEST(MakePredictionsTest, WithoutLabelsTheLargestColumnIsTheLabel) {
  const auto p = Make({Floats(3, {0, 5, 1, NAN, -2, -3, NAN, NAN, NAN})}, RowsOf(3));
  EXPECT_FALSE(p.names_classes);
  EXPECT_THAT(LabelsOf(p), ElementsAre("1", "1", "0"));
  EXPECT_EQ(p.rows[0].expected, std::nullopt);
}

TEST(MakePredictionsTest, ASingleColumnIsCutAtOneHalf) {
  const auto p = Make({Floats(1, {.49f, .5f, 1.2f, -1, NAN})}, RowsOf(5));
  EXPECT_THAT(LabelsOf(p), ElementsAre("0", "1", "1", "0", "0"));
}

TEST(MakePredictionsTest, CallsClassesAsItIsTold) {
  const auto p = Make({Floats(3, {.9f, .1f, 0}), Texts({"setosa"})}, RowsOf(1), 0,
                      {"setosa", "versicolor", "virginica"});
  EXPECT_THAT(p.class_names, ElementsAre("setosa", "versicolor", "virginica"));
}

TEST(MakePredictionsTest, NumbersTheClassesItIsToldNothingOf) {
  const auto labelled = Make({Floats(3, {.9f, .1f, 0}), Texts({"setosa"})}, RowsOf(1));
  EXPECT_THAT(labelled.class_names, ElementsAre("#0", "#1", "#2"));
  const auto bare = Make({Floats(3, {0, .1f, .9f})}, RowsOf(1));
  EXPECT_THAT(bare.class_names, ElementsAre("0", "1", "2"));
}

TEST(MakePredictionsTest, RefusesNoOutputs) {
  EXPECT_THAT(MakePredictions("m", {"1", {}}, RowsOf(1), 0, {}),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("got no output")));
}

TEST(MakePredictionsTest, TakesIntegersForLabels) {
  const auto p = Make({Integers(1, {20, 10}), Floats(2, {.1f, .9f, .8f, .2f})},
                      RowsOf(2, {"20", "10.0"}), 0, {"10", "20"});
  EXPECT_TRUE(p.names_classes);
  EXPECT_FALSE(p.multilabel);
  EXPECT_THAT(LabelsOf(p), ElementsAre("20", "10"));
  EXPECT_EQ(Measure(p)->correct, 2u);
}

struct Pair {
  std::string labels;
  std::string scores;
  bool belong;
};

TEST(MakePredictionsTest, PairsLabelsWithScoresByTheirNames) {
  for (const Pair& pair : {Pair{"p_label", "p", true}, Pair{"label", "probabilities", true},
                           Pair{"output_label", "output_probability", true},
                           Pair{"output_label", "input_probability", false},
                           Pair{"label", "y", false}, Pair{"action", "probabilities", false}}) {
    const auto all =
        MakePredictions("m",
                        {"1",
                         {Named(pair.labels, Integers(1, {1})), Named("value", Floats(1, {1})),
                          Named(pair.scores, Floats(2, {0, 1}))}},
                        RowsOf(1), 0, {{pair.scores, {"no", "yes"}}});
    ASSERT_THAT(all, IsOk());
    EXPECT_EQ(all->size(), pair.belong ? 2u : 3u) << pair.labels << " and " << pair.scores;
    EXPECT_EQ((*all)[1].names_classes, pair.belong);
    EXPECT_THAT((*all)[1].class_names, ElementsAre("no", "yes"));
  }
}

TEST(MakePredictionsTest, ListsLabelsThatBelongToNoScoresAlone) {
  const auto action = Make({Integers(1, {3, 0})}, RowsOf(2, {"3", "1"}));
  EXPECT_EQ(action.output, "label");
  EXPECT_THAT(LabelsOf(action), ElementsAre("3", "0"));
  EXPECT_FALSE(action.probabilities);
  EXPECT_EQ(Measure(action)->correct, 1u);
  const auto text = Make({Texts({"a"})}, RowsOf(1));
  EXPECT_THAT(LabelsOf(text), ElementsAre("a"));
  EXPECT_THAT(NamesOf(Rank(text, text.rows[0], 3)), ElementsAre("a"));
  const auto several = Make({Integers(2, {4, 5})}, RowsOf(1));
  EXPECT_FALSE(several.names_classes);
  EXPECT_THAT(several.rows[0].outputs, ElementsAre(4, 5));
}

TEST(WhyIncomparableTest, TellsNumbersFromNames) {
  const auto numbers = Make({Floats(2, {0, 1})}, RowsOf(1, {"setosa"}));
  EXPECT_EQ(WhyIncomparable(numbers),
            "no accuracy: the model answers numbers such as '1', and the file has names such as "
            "'setosa'");
  EXPECT_EQ(Measure(numbers), std::nullopt);
  const auto names = Make({Floats(2, {0, 1}), Texts({"setosa"})}, RowsOf(1, {"2"}));
  EXPECT_THAT(WhyIncomparable(names), ::testing::Optional(HasSubstr("answers names such as")));
  for (const char* expected : {"setosa", "1"}) {
    const auto same = expected[0] == '1'
                          ? Make({Floats(2, {0, 1})}, RowsOf(1, {expected}))
                          : Make({Floats(2, {0, 1}), Texts({"x"})}, RowsOf(1, {expected}));
    EXPECT_EQ(WhyIncomparable(same), std::nullopt) << expected;
  }
  EXPECT_EQ(WhyIncomparable(Make({Floats(2, {0, 1})}, RowsOf(1))), std::nullopt);
}

TEST(MakePredictionsTest, ListsTheLabelsOfAMultilabelModel) {
  const auto p = Make({Floats(3, {.9f, .1f, .6f, .1f, .2f, .7f, 0, 0, 0}),
                       Integers(3, {1, 0, 1, 0, 0, 1, 0, 0, 0})},
                      RowsOf(3, {"0 2", "1", "none"}), 4);
  EXPECT_TRUE(p.multilabel);
  EXPECT_TRUE(p.names_classes);
  EXPECT_THAT(LabelsOf(p), ElementsAre("0 2", "2", "none"));
  EXPECT_THAT(p.rows[0].yes, ElementsAre(1, 0, 1));
  EXPECT_THAT(p.rows[1].outputs, ElementsAre(.1f, .2f, .7f));
  EXPECT_EQ(p.rows[2].row, 6u);
  EXPECT_EQ(Measure(p)->correct, 2u);
}

TEST(MakePredictionsTest, CallsTheLabelsOfAMultilabelModelAsItIsTold) {
  const auto p = Make({Floats(2, {.9f, .8f}), Integers(2, {1, 7})}, RowsOf(1), 0, {"cat", "dog"});
  EXPECT_THAT(LabelsOf(p), ElementsAre("cat dog"));
}

TEST(MakePredictionsTest, ColumnsThatHappenToAddUpToOneAreNoSharesOfIt) {
  EXPECT_FALSE(Make({Floats(2, {.25f, .75f}), Integers(2, {0, 1})}, RowsOf(1)).probabilities);
}

TEST(MakePredictionsTest, TellsSeveralOutputsApart) {
  const std::vector<Tensor> outputs{Named("value", Floats(1, {.25f, 7})),
                                    Named("policy", Floats(2, {.9f, .1f, .2f, .8f})),
                                    Named("policy_label", Texts({"left", "right"}))};
  const auto all = MakePredictions("m", {"1", outputs}, RowsOf(2, {"left", "left"}), 4,
                                   {{"policy", {"left", "right"}}});
  ASSERT_THAT(all, IsOk());
  ASSERT_EQ(all->size(), 2u);
  const Predictions& value = (*all)[0];
  EXPECT_EQ(value.output, "value");
  EXPECT_FALSE(value.names_classes);
  EXPECT_FALSE(value.probabilities);
  EXPECT_EQ(value.rows[0].expected, std::nullopt) << "labels are those of an output with classes";
  const Predictions& policy = (*all)[1];
  EXPECT_EQ(policy.output, "policy");
  EXPECT_THAT(LabelsOf(policy), ElementsAre("left", "right"));
  EXPECT_THAT(policy.class_names, ElementsAre("left", "right"));
  EXPECT_EQ(policy.rows[1].row, 5u);
  EXPECT_EQ(Measure(policy)->correct, 1u);
}

TEST(AreProbabilitiesTest, WantsSharesOfOne) {
  const std::pair<std::vector<float>, bool> cases[] = {
      {{.25f, .75f}, true}, {{0, 1, 0}, true},     {{.3f}, true},   {{0}, true},
      {{.5f, .4f}, false},  {{1.5f, -.5f}, false}, {{1.2f}, false}, {{-.1f}, false},
      {{NAN}, false},       {{NAN, 1}, false},     {{1, 1}, false}, {{3, 2, 1}, false}};
  for (const auto& [outputs, probabilities] : cases) {
    EXPECT_EQ(AreProbabilities(outputs), probabilities) << ::testing::PrintToString(outputs);
  }
}

TEST(RankTest, PutsTheBestFirst) {
  const auto p = Make({Floats(4, {.1f, .6f, .1f, .2f})}, RowsOf(1));
  const auto ranked = Rank(p, p.rows[0], 3);
  EXPECT_THAT(NamesOf(ranked), ElementsAre("1", "3", "0"));
  EXPECT_FLOAT_EQ(ranked[1].score, .2f);
  EXPECT_EQ(Rank(p, p.rows[0], 99).size(), 4u);
}

TEST(RankTest, ASingleProbabilityStandsForTwoClasses) {
  const auto p = Make({Floats(1, {.25f, .75f}), Texts({"benign", "malignant"})}, RowsOf(2), 0,
                      {"benign", "malignant"});
  const auto ranked = Rank(p, p.rows[0], 3);
  EXPECT_THAT(NamesOf(ranked), ElementsAre("benign", "malignant"));
  EXPECT_FLOAT_EQ(ranked[0].score, .75f);
}

TEST(RankTest, ASingleScoreStandsForThePredictedClass) {
  const auto p = Make({Floats(1, {1.5f}), Texts({"yes"})}, RowsOf(1));
  EXPECT_THAT(NamesOf(Rank(p, p.rows[0], 3)), ElementsAre("yes"));
}

TEST(RankTest, OneScoreThatIsNoProbabilityMakesThemAllScores) {
  const auto p = Make({Floats(1, {-.4f, .6f}), Texts({"no", "yes"})}, RowsOf(2));
  EXPECT_FALSE(p.probabilities);
  EXPECT_THAT(NamesOf(Rank(p, p.rows[1], 3)), ElementsAre("yes"));
}

TEST(RankTest, PutsNanLast) {
  const auto p = Make({Floats(3, {NAN, 2, NAN})}, RowsOf(1));
  EXPECT_THAT(NamesOf(Rank(p, p.rows[0], 3)), ElementsAre("1", "0", "2"));
}

TEST(SameLabelTest, ComparesTextAndNumbers) {
  EXPECT_TRUE(SameLabel("setosa", "setosa"));
  EXPECT_TRUE(SameLabel("3", "3.0"));
  EXPECT_FALSE(SameLabel("3", "4"));
  EXPECT_FALSE(SameLabel("Setosa", "setosa"));
  EXPECT_FALSE(SameLabel("", "0"));
}

TEST(MeasureTest, CountsRowsWhoseLabelIsKnown) {
  const auto p = Make({Floats(1, {0, 1, 1})}, RowsOf(3, {"0", "1", "0"}));
  const auto accuracy = Measure(p);
  ASSERT_TRUE(accuracy.has_value());
  EXPECT_EQ(AccuracyLine(*accuracy), "held-out accuracy: 0.6667 (n=3)");
}

TEST(MeasureTest, IsNothingWithoutLabels) {
  EXPECT_EQ(Measure(Make({Floats(1, {0})}, RowsOf(1))), std::nullopt);
}

TEST(AccuracyLineTest, HasFourDecimals) {
  EXPECT_EQ(AccuracyLine({350, 360}), "held-out accuracy: 0.9722 (n=360)");
  EXPECT_EQ(AccuracyLine({5, 5}), "held-out accuracy: 1.0000 (n=5)");
}

}  // namespace
}  // namespace hillock::client
