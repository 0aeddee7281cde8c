// SPDX-License-Identifier: Apache-2.0
#include "client/report/model_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "client/report/random_rows.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using model::FlatInput;
using model::Mlp;
using ::testing::HasSubstr;

Mlp TwoOutputs() {
  return MlpBuilder(3)
      .Add(2, "tanh")
      .Output("a")
      .From(model::ValueId::kInput)
      .Add(2, "relu")
      .Output("b")
      .Build();
}

WorstDifference Compared(const Mlp& a, const Mlp& b) {
  const auto worst = Compare(a, b, RandomRows(a, 50, 1));
  EXPECT_THAT(worst, IsOk());
  return worst.ok() ? *worst : WorstDifference{};
}

TEST(Compare, FindsNoDifferenceInTheSameModel) {
  const WorstDifference worst = Compared(TwoOutputs(), TwoOutputs());
  EXPECT_EQ(worst.difference, 0);
  EXPECT_EQ(worst.rows, 50u);
}

TEST(Compare, TellsWhereTheWorstDifferenceIs) {
  Mlp other = TwoOutputs();
  other.layers[0].bias[1] += 5;
  const WorstDifference worst = Compared(TwoOutputs(), other);
  EXPECT_EQ(worst.output, "a");
  EXPECT_EQ(worst.column, 1u);
  EXPECT_GT(worst.difference, 0.01);
  EXPECT_THAT(WorstDifferenceLine(worst), HasSubstr("column 1 of 'a'"));
}

TEST(Compare, MatchesOutputsByName) {
  Mlp other = TwoOutputs();
  std::swap(other.outputs[0], other.outputs[1]);
  EXPECT_EQ(Compared(TwoOutputs(), other).difference, 0);
}

TEST(Compare, MatchesOutputsByPositionWhereNamesDiffer) {
  Mlp other = TwoOutputs();
  other.outputs[0].name = "c";
  EXPECT_EQ(Compared(TwoOutputs(), other).difference, 0);
}

// The model with its input cut into two of one and two columns.
Mlp Cut(Mlp mlp, std::string first, std::string second) {
  mlp.inputs = {FlatInput(std::move(first), 1), FlatInput(std::move(second), 2)};
  return mlp;
}

// The same model whose inputs come in another order.
Mlp Turned(Mlp mlp) {
  std::swap(mlp.inputs[0], mlp.inputs[1]);
  for (model::Layer& layer : mlp.layers) {
    for (size_t unit = 0; unit < layer.outputs; ++unit) {
      float* const w = layer.weights.data() + unit * 3;
      std::rotate(w, w + 1, w + 3);
    }
  }
  return mlp;
}

TEST(Compare, MatchesInputsByName) {
  const Mlp a = Cut(TwoOutputs(), "x", "y");
  EXPECT_LT(Compared(a, Turned(a)).difference, 1e-6);
}

TEST(Compare, MatchesInputsByPositionWhereNamesDiffer) {
  EXPECT_EQ(Compared(Cut(TwoOutputs(), "x", "y"), Cut(TwoOutputs(), "u", "x")).difference, 0);
}

TEST(Compare, TakesOneInputForAllOfTheOther) {
  EXPECT_EQ(Compared(TwoOutputs(), Cut(TwoOutputs(), "x", "y")).difference, 0);
  EXPECT_EQ(Compared(Cut(TwoOutputs(), "x", "y"), TwoOutputs()).difference, 0);
}

TEST(Compare, ComparesConstants) {
  Mlp a = TwoOutputs();
  a.outputs.push_back({.name = "c", .shape = {2}, .is_constant = true, .constant = {1, 2}});
  Mlp b = a;
  b.outputs[2].constant[1] = 4;
  const WorstDifference worst = Compared(a, b);
  EXPECT_EQ(worst.output, "c");
  EXPECT_EQ(worst.difference, 0.5);
  EXPECT_EQ(Compared(a, a).difference, 0);
}

TEST(Compare, ComparesStringsAndNotTheirPositions) {
  Mlp a = TwoOutputs();
  a.words = {"no", "yes"};
  a.outputs.push_back({.name = "c",
                       .datatype = model::Datatype::kBytes,
                       .shape = {2},
                       .is_constant = true,
                       .constant = {0, 1}});
  Mlp b = a;
  b.words = {"yes", "no"};
  b.outputs[2].constant = {1, 0};
  EXPECT_EQ(Compared(a, b).difference, 0);
  b.words[0] = "Yes";
  EXPECT_EQ(Compared(a, b).difference, std::numeric_limits<double>::infinity());
}

TEST(Compare, RefusesModelsOfOtherWidths) {
  const Rows rows = RandomRows(TwoOutputs(), 1, 1);
  EXPECT_THAT(Compare(TwoOutputs(), MlpBuilder(3).Add(2, "relu").Build(), rows),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("3 -> 2 and 2 values a row, and 3 -> 2")));
  EXPECT_THAT(Compare(Cut(TwoOutputs(), "x", "y"),
                      Cut(MlpBuilder(4).Add(2, "relu").Build(), "x", "z"), rows),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1 and 2 -> 2 and 2")));
}

}  // namespace
}  // namespace hillock::client
