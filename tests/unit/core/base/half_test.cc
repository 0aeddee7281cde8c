// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace hillock {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// By the definition of binary16.
float Defined(uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  const float sign = half >= 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction == 0 ? sign * kInf : kNan;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

TEST(HalfTest, HasTheValueOfItsBits) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float want = Defined(half);
    const float got = HalfToFloat(half);
    if (std::isnan(want)) {
      EXPECT_TRUE(std::isnan(got)) << bits;
      EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(got)))) << bits;
    } else {
      EXPECT_EQ(std::bit_cast<uint32_t>(got), std::bit_cast<uint32_t>(want)) << bits;
      EXPECT_EQ(FloatToHalf(got), half) << bits;
    }
  }
}

// The middle between two halves that follow each other goes to the even one, and what is next to it
// on either side to the nearer one.
TEST(HalfTest, RoundsToTheNearestOrTheEvenOne) {
  for (uint16_t half = 0; half < 0x7bff; ++half) {
    const auto next = static_cast<uint16_t>(half + 1);
    const float middle = (HalfToFloat(half) + HalfToFloat(next)) / 2;
    EXPECT_EQ(FloatToHalf(middle), half % 2 == 0 ? half : next) << half;
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, 0.0f)), half) << half;
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, kInf)), next) << half;
    EXPECT_EQ(FloatToHalf(-middle), FloatToHalf(middle) | 0x8000) << half;
  }
}

TEST(HalfTest, EndsAt65504) {
  EXPECT_EQ(FloatToHalf(65504), 0x7bff);
  EXPECT_EQ(FloatToHalf(65519.996f), 0x7bff);
  EXPECT_EQ(FloatToHalf(65520), 0x7c00);
  EXPECT_EQ(FloatToHalf(-1e30f), 0xfc00);
  EXPECT_EQ(FloatToHalf(kInf), 0x7c00);
  EXPECT_EQ(FloatToHalf(1e-30f), 0);
  EXPECT_EQ(FloatToHalf(-0.0f), 0x8000);
}

TEST(Bfloat16Test, IsTheUpperHalfOfAFloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = Bfloat16ToFloat(half);
    EXPECT_EQ(std::bit_cast<uint32_t>(value), bits << 16);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(Bfloat16ToFloat(FloatToBfloat16(value)))) << bits;
    } else {
      EXPECT_EQ(FloatToBfloat16(value), half);
    }
  }
}

TEST(Bfloat16Test, RoundsToTheNearestOrTheEvenOne) {
  EXPECT_EQ(FloatToBfloat16(std::bit_cast<float>(0x3f808000)), 0x3f80);
  EXPECT_EQ(FloatToBfloat16(std::bit_cast<float>(0x3f808001)), 0x3f81);
  EXPECT_EQ(FloatToBfloat16(std::bit_cast<float>(0x3f818000)), 0x3f82);
  EXPECT_EQ(FloatToBfloat16(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(FloatToBfloat16(std::bit_cast<float>(0x7f800001)), 0x7fc0);
}

}  // namespace
}  // namespace hillock
