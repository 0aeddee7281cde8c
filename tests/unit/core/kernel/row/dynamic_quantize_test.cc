// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/dynamic_quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/random.h"
#include "tests/unit/core/kernel/row/every_isa.h"

namespace hillock::kernel::row {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> Quantized(const std::vector<float>& x, size_t rows = 1) {
  return RunKernel(DynamicQuantize(x.size() / rows), {x}, rows, x.size() / rows);
}

// The definition in double; the scale is rounded as it is computed in float.
double OnGrid(double x, float low, float high) {
  const float scale = (high - low) / 255;
  const double zero = std::nearbyint(-low / scale);
  return (std::clamp(std::nearbyint(x / scale) + zero, 0.0, 255.0) - zero) * scale;
}

class DynamicQuantizeOnIsa : public OnIsa {};

TEST_P(DynamicQuantizeOnIsa, RoundsToTheGridOfAllRows) {
  testing::Random random(1);
  for (const size_t cols : {1u, 7u, 16u, 33u}) {
    for (const size_t rows : {1u, 3u, 20u}) {
      const std::vector<float> x = random.Floats(rows * cols, -1, 3);
      const float low = std::min(0.0f, *std::ranges::min_element(x));
      const float high = std::max(0.0f, *std::ranges::max_element(x));
      const std::vector<float> got = Quantized(x, rows);
      for (size_t i = 0; i < x.size(); ++i) {
        ASSERT_PRED3(IsNear, got[i], OnGrid(x[i], low, high), 1)
            << "element " << i << " of " << rows << " rows of " << cols << ": " << x[i];
      }
      EXPECT_EQ(RunInPlace(DynamicQuantize(cols), {x}, rows), got);
    }
  }
}

TEST_P(DynamicQuantizeOnIsa, KeepsNanAndLeavesItOutOfTheRange) {
  EXPECT_THAT(Quantized({255, kNan, 0.4f}), ElementsAre(255, ::testing::IsNan(), 0));
}

INSTANTIATE_TEST_SUITE_P(Isas, DynamicQuantizeOnIsa, ::testing::ValuesIn(testing::UsableIsas()),
                         IsaName);

TEST(DynamicQuantize, RoundsHalvesToEven) {
  EXPECT_THAT(Quantized({255, 0.5f, 1.5f, 2.5f, 3}), ElementsAre(255, 0, 2, 2, 3));
}

TEST(DynamicQuantize, HasZeroInItsRange) {
  EXPECT_THAT(Quantized({510, 509}), ElementsAre(510, 508)) << "positive";
  EXPECT_THAT(Quantized({-510, -509}), ElementsAre(-510, -508)) << "negative";
}

TEST(DynamicQuantize, LeavesZerosAsTheyAre) { EXPECT_THAT(Quantized({0, 0, 0}, 3), Each(0)); }

}  // namespace
}  // namespace hillock::kernel::row
