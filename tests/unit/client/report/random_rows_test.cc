// SPDX-License-Identifier: Apache-2.0
#include "client/report/random_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tests/support/mlp_builder.h"
#include "tests/unit/core/model/graph_models.h"

namespace hillock::client {
namespace {

using ::hillock::testing::MlpBuilder;
using ::testing::ElementsAre;

constexpr size_t kRows = 500;

// The values that a column of EveryField() is given.
std::set<float> ColumnOf(size_t column) {
  const Rows rows = RandomRows(model::EveryField(), kRows, 1);
  std::set<float> values;
  for (size_t i = 0; i < rows.count(); ++i) values.insert(rows.row(i)[column]);
  return values;
}

TEST(RandomRows, AreDeterminedByTheSeed) {
  const auto mlp = model::EveryField();
  const auto bits = [&](uint32_t seed) {
    std::vector<float> values = RandomRows(mlp, 10, seed).values;
    std::erase_if(values, [](float v) { return std::isnan(v); });
    return values;
  };
  EXPECT_EQ(bits(1), bits(1));
  EXPECT_NE(bits(1), bits(2));
}

TEST(RandomRows, AreIntegersWithinTheLimits) {
  EXPECT_THAT(ColumnOf(0), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST(RandomRows, ArePositionsOfWords) { EXPECT_THAT(ColumnOf(1), ElementsAre(-1, 0, 1, 2)); }

TEST(RandomRows, AreSometimesNanWhereThatIsTaken) {
  const Rows rows = RandomRows(model::EveryField(), kRows, 1);
  size_t nans = 0;
  for (size_t i = 0; i < rows.count(); ++i) nans += std::isnan(rows.row(i)[2]) ? 1 : 0;
  EXPECT_GT(nans, kRows / 64);
  EXPECT_LT(nans, kRows / 4);
}

TEST(RandomRows, AreTheSameForAllInWhatIsShared) {
  EXPECT_EQ(ColumnOf(6).size(), 1u);
  EXPECT_EQ(ColumnOf(8).size(), 1u);
}

TEST(RandomRows, AreZeroOrOneForBool) { EXPECT_THAT(ColumnOf(9), ElementsAre(0, 1)); }

TEST(RandomRows, AreNormalAfterTheNormalization) {
  auto mlp = MlpBuilder(1).Add(1, "relu").Build();
  mlp.offset = {100};
  mlp.scale = {0.1f};
  const Rows rows = RandomRows(mlp, kRows, 1);
  double mean = 0;
  for (const float value : rows.values) mean += value / kRows;
  EXPECT_NEAR(mean, 100, 3);
}

TEST(RandomRows, AreWithinLimitsThatLeaveOneChoice) {
  auto mlp = model::EveryField();
  mlp.inputs[0].low = mlp.inputs[0].high = {-5};
  const Rows rows = RandomRows(mlp, kRows, 1);
  for (size_t i = 0; i < rows.count(); ++i) ASSERT_EQ(rows.row(i)[0], -5);
}

}  // namespace
}  // namespace hillock::client
