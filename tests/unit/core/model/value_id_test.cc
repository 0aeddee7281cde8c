// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/value_id.h"

#include <gtest/gtest.h>

namespace hillock::model {
namespace {

TEST(ValueId, IsAfterTheInputThatOfEachLayer) {
  EXPECT_EQ(NumberOf(ValueId::kInput), 0u);
  for (size_t layer = 0; layer < 3; ++layer) {
    EXPECT_EQ(NumberOf(OutputOf(layer)), layer + 1);
    EXPECT_EQ(LayerOf(OutputOf(layer)), layer);
  }
}

TEST(ValueMap, HasAPlaceForTheInputAndEachLayer) {
  ValueMap<int> map(2, 7);
  map[OutputOf(1)] = 5;
  EXPECT_EQ(map[ValueId::kInput], 7);
  EXPECT_EQ(map[OutputOf(0)], 7);
  EXPECT_EQ(map[OutputOf(1)], 5);
}

}  // namespace
}  // namespace hillock::model
