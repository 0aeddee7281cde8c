// SPDX-License-Identifier: Apache-2.0
#include "client/load/requests.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <vector>

#include "client/api/tensor.h"

namespace hillock::client {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// The values of the requests for rows of one float each.
std::vector<std::vector<float>> ValuesOf(const std::vector<float>& rows, size_t rows_per_request) {
  std::vector<std::vector<float>> all;
  for (const std::string& bytes : MakeRequests({"m", "2", "x", 1, rows}, rows_per_request)) {
    inference::ModelInferRequest request;
    EXPECT_TRUE(request.ParseFromString(bytes));
    EXPECT_EQ(request.model_name(), "m");
    EXPECT_EQ(request.model_version(), "2");
    EXPECT_EQ(request.inputs(0).name(), "x");
    EXPECT_THAT(request.inputs(0).shape(), ElementsAre(rows_per_request, 1));
    std::vector<float>& values = all.emplace_back(rows_per_request);
    EXPECT_EQ(request.raw_input_contents(0).size(), values.size() * sizeof(float));
    std::ranges::copy(request.raw_input_contents(0), reinterpret_cast<char*>(values.data()));
  }
  return all;
}

TEST(MakeRequestsTest, CutsRowsOneAfterTheOther) {
  EXPECT_THAT(ValuesOf({1, 2, 3}, 1), ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3)));
  EXPECT_THAT(ValuesOf({1, 2, 3, 4}, 2), ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4)));
}

TEST(MakeRequestsTest, BeginsAgainAfterTheLastRow) {
  EXPECT_THAT(ValuesOf({1, 2, 3}, 2),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3, 1), ElementsAre(2, 3)));
  EXPECT_THAT(ValuesOf({1, 2}, 5),
              ElementsAre(ElementsAre(1, 2, 1, 2, 1), ElementsAre(2, 1, 2, 1, 2)));
  EXPECT_THAT(ValuesOf({7}, 3), ElementsAre(ElementsAre(7, 7, 7)));
}

TEST(MakeRequestsTest, MakesNoMoreThanAThousandOrSo) {
  EXPECT_EQ(ValuesOf(std::vector<float>(5000), 1).size(), 1024u);
}

TEST(MakeRequestsTest, MakesOneOfAnySize) {
  const std::vector<float> wide((size_t{64} << 20) / sizeof(float));
  EXPECT_EQ(MakeRequests({"m", "", "x", wide.size(), wide}, 2).size(), 1u);
}

TEST(UniformRowsTest, FollowTheSeed) {
  const std::vector<InputColumns> inputs = {{"x", 1}, {"y", 2}};
  const Rows rows = UniformRows(inputs, 2, 5);
  EXPECT_EQ(rows.width, 3u);
  EXPECT_EQ(rows.count() % 2, 0u);
  EXPECT_EQ(rows.values, UniformRows(inputs, 2, 5).values);
  EXPECT_NE(rows.values, UniformRows(inputs, 2, 6).values);
  EXPECT_THAT(rows.values, Each(::testing::AllOf(::testing::Ge(-1), ::testing::Lt(1))));
  EXPECT_GT(std::set(rows.values.begin(), rows.values.end()).size(), rows.values.size() / 2);
}

TEST(UniformRowsTest, AreWholeWhereTheInputIs) {
  const std::vector<InputColumns> inputs = {
      {"n", 1, ElementKind::kInteger}, {"x", 1}, {"b", 1, ElementKind::kBool}};
  const Rows rows = UniformRows(inputs, 1, 5);
  std::set<float> whole, real;
  for (size_t i = 0; i < rows.count(); ++i) {
    whole.insert({rows.row(i)[0], rows.row(i)[2]});
    real.insert(rows.row(i)[1]);
  }
  EXPECT_THAT(whole, ElementsAre(0, 1));
  EXPECT_EQ(real.size(), rows.count());
}

TEST(WeightedOrderTest, GivesEveryModelItsShareInTurn) {
  const std::vector<size_t> counts{2, 1};
  EXPECT_THAT(WeightedOrder(counts, std::vector<uint32_t>{1, 1}), ElementsAre(0, 2, 1, 2));
  EXPECT_THAT(WeightedOrder(counts, std::vector<uint32_t>{3, 1}), ElementsAre(0, 1, 2, 0));
}

TEST(WeightedOrderTest, MixesEvenly) {
  const auto order = WeightedOrder(std::vector<size_t>{1, 1, 1}, std::vector<uint32_t>{5, 1, 2});
  ASSERT_EQ(order.size(), 8u);
  EXPECT_EQ(std::ranges::count(order, 0u), 5);
  EXPECT_EQ(std::ranges::count(order, 1u), 1);
  EXPECT_EQ(std::ranges::count(order, 2u), 2);
  EXPECT_TRUE(std::ranges::search_n(order, 4, 0u).empty()) << "no model goes four times in a row";
}

TEST(WeightedOrderTest, HasAnEnd) {
  EXPECT_EQ(WeightedOrder(std::vector<size_t>{1024, 1024}, std::vector<uint32_t>{1000, 1}).size(),
            65'536u);
}

TEST(ZeroRowsTest, IsARowOfZeros) {
  EXPECT_THAT(ZeroRows(3).values, ElementsAre(0, 0, 0));
  EXPECT_EQ(ZeroRows(3).count(), 1u);
}

}  // namespace
}  // namespace hillock::client
