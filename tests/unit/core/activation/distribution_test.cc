// SPDX-License-Identifier: Apache-2.0
#include "server/core/activation/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "server/core/activation/activation.h"

namespace hillock::activation {
namespace {

TEST(TallyTest, BoundsAscend) {
  EXPECT_TRUE(std::ranges::is_sorted(kInputBounds, std::ranges::less_equal()));
  EXPECT_TRUE(std::ranges::is_sorted(kDerivativeBounds, std::ranges::less_equal()));
  EXPECT_EQ(kDerivativeBounds.front(), kVanishing);
}

TEST(TallyTest, BoundsAreInclusive) {
  for (size_t i = 0; i < kInputBounds.size(); ++i) {
    InputTally tally;
    tally.Add(kInputBounds[i]);
    tally.Add(std::nextafter(kInputBounds[i], 1e9));
    EXPECT_EQ(tally.counts[i], 1u) << kInputBounds[i];
    EXPECT_EQ(tally.counts[i + 1], 1u) << kInputBounds[i];
  }
}

TEST(TallyTest, WhatIsNotFiniteIsBeyondAllBounds) {
  InputTally tally;
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {infinity, -infinity, std::nan(""), 100.0}) tally.Add(value);
  EXPECT_EQ(tally.counts.back(), 4u);
  EXPECT_EQ(tally.sum, 100);
}

}  // namespace
}  // namespace hillock::activation
