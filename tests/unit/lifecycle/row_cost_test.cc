// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/row_cost.h"

#include <gtest/gtest.h>

namespace hillock::lifecycle {
namespace {

TEST(RowCost, IsThatOfItsRowsButNeverLessThanThatOfABlock) {
  const RowCost cost{.first_row = 500, .row = 100, .block_rows = 64};
  EXPECT_EQ(cost.Of(0), 500);
  EXPECT_EQ(cost.Of(1), 500);
  EXPECT_EQ(cost.Of(5), 500);
  EXPECT_EQ(cost.Of(6), 600);
  EXPECT_EQ(cost.Of(1000), 100'000);
}

}  // namespace
}  // namespace hillock::lifecycle
