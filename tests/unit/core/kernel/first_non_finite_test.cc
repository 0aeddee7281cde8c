// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <vector>

#include "server/core/kernel/fallback.h"

namespace hillock::kernel::fallback {
namespace {

constexpr float kMax = std::numeric_limits<float>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Floats that lie a number of bytes behind where a float would, up to the end of their memory.
class FirstNonFiniteTest : public ::testing::TestWithParam<size_t> {
 protected:
  static size_t Find(const std::vector<float>& values) {
    std::vector<char> bytes(GetParam() + values.size() * sizeof(float));
    char* const at = bytes.data() + GetParam();
    if (!values.empty()) std::memcpy(at, values.data(), values.size() * sizeof(float));
    return FirstNonFinite(at, values.size());
  }
};

TEST_P(FirstNonFiniteTest, TakesFiniteOnesOfAnyNumber) {
  for (size_t count = 0; count < 70; ++count) {
    std::vector<float> values(count, kMax);
    for (size_t i = 0; i < count; i += 3) values[i] = -kMax;
    EXPECT_EQ(Find(values), count);
  }
}

TEST_P(FirstNonFiniteTest, FindsTheFirstAnywhere) {
  for (size_t count = 1; count < 70; ++count) {
    for (size_t at = 0; at < count; ++at) {
      for (const float bad : {kInfinity, -kInfinity, kNan, -kNan}) {
        std::vector<float> values(count, 1.0f);
        values[at] = bad;
        values[count - 1] = bad;
        EXPECT_EQ(Find(values), at) << bad << " among " << count;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shifted, FirstNonFiniteTest, ::testing::Range(size_t{0}, size_t{5}));

}  // namespace
}  // namespace hillock::kernel::fallback
