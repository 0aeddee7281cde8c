// SPDX-License-Identifier: Apache-2.0

// Rounding to bf16, and dense layers in it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "server/core/base/precision.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"
#include "tests/conformance/isa.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"

namespace hillock::kernel {
namespace {

using ::hillock::testing::Isa;
using ::hillock::testing::IsOk;
using ::hillock::testing::Random;
using ::hillock::testing::RoundedToBf16;
using ::hillock::testing::ScopedIsa;
using ::hillock::testing::UsableIsas;
using ::testing::Each;
using ::testing::StartsWith;

float FromBf16(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

std::vector<uint16_t> Rounded(const std::vector<float>& values) {
  std::vector<uint16_t> bits(values.size());
  fallback::RoundToBf16(values.data(), bits.data(), values.size());
  return bits;
}

class RoundToBf16 : public ::testing::TestWithParam<Isa> {
 private:
  const ScopedIsa isa_{GetParam()};
};

// Every upper half of a float, with lower halves around where rounding changes its mind.
TEST_P(RoundToBf16, GivesTheNearestAndOfTwoTheEven) {
  for (const uint32_t low : {0x0000u, 0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
    std::vector<float> values;
    for (uint32_t high = 0; high < 0x10000; ++high) {
      const float value = std::bit_cast<float>(high << 16 | low);
      if (std::isnormal(value) && std::abs(value) < 0x1.ffp127f) values.push_back(value);
    }
    const auto got = Rounded(values);
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(double{FromBf16(got[i])}, RoundedToBf16(double{values[i]}))
          << ::testing::PrintToString(values[i]) << ", bits " << std::bit_cast<uint32_t>(values[i]);
    }
  }
}

TEST_P(RoundToBf16, KeepsZerosAndInfinitiesAndMakesOneOfWhatIsTooLarge) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kMax = std::numeric_limits<float>::max();
  EXPECT_THAT(Rounded({0.0f, -0.0f, kInf, -kInf, kMax, -kMax, 0x1.fep127f}),
              ::testing::ElementsAre(0x0000, 0x8000, 0x7f80, 0xff80, 0x7f80, 0xff80, 0x7f7f));
}

// Rounded like a number, the last would be an infinity or, its carry being lost, -0.
TEST_P(RoundToBf16, KeepsEveryNan) {
  for (const uint32_t bits : {0x7f800001u, 0x7fc00000u, 0xff80ffffu, 0x7fffffffu, 0xffffffffu}) {
    const uint16_t got = Rounded({std::bit_cast<float>(bits)})[0];
    EXPECT_TRUE(std::isnan(FromBf16(got))) << std::hex << bits << " became " << got;
  }
}

TEST_P(RoundToBf16, WritesAsManyAsItIsAskedFor) {
  constexpr size_t kMax = 70;
  constexpr uint16_t kUntouched = 0xabcd;
  const auto values = Random(5).Floats(kMax + 1, -2, 2);
  const auto want = Rounded(values);
  for (size_t n = 0; n <= kMax; ++n) {
    std::vector<uint16_t> got(kMax + 1, kUntouched);
    fallback::RoundToBf16(values.data() + 1, got.data(), n);
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i], i < n ? want[i + 1] : kUntouched) << i << " of " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, RoundToBf16, ::testing::ValuesIn(UsableIsas()),
                         [](const auto& test) { return test.param.name; });

class DenseInBf16 : public ::testing::Test {
 protected:
  // Without AVX512_BF16 or AMX oneDNN makes no primitive in bf16, so that there is none to run.
  void SetUp() override {
    if (!onednn::IsFast(Precision::kBf16)) GTEST_SKIP() << SpecOf(Precision::kBf16).slow_cpu;
  }

  static std::unique_ptr<onednn::Dense> Create(size_t inputs, size_t outputs, Precision precision) {
    Random random(3);
    const auto weights = random.Floats(inputs * outputs, -1, 1);
    const auto bias = random.Floats(outputs, -1, 1);
    const size_t buckets[] = {1, 16};
    auto dense =
        onednn::Dense::Create(inputs, outputs, weights, bias, buckets, std::nullopt, precision);
    EXPECT_THAT(dense, IsOk());
    return *std::move(dense);
  }
};

TEST_F(DenseInBf16, RunsOnThePackedKernelsWhateverItsShape) {
  for (const size_t inputs : {1u, 2u, 31u, 784u}) {
    for (const size_t outputs : {1u, 10u, 512u}) {
      EXPECT_THAT(Create(inputs, outputs, Precision::kBf16)->implementation(), StartsWith("brg"))
          << inputs << "x" << outputs;
    }
  }
}

TEST_F(DenseInBf16, HoldsItsWeightsInHalfTheBytes) {
  const size_t f32 = Create(256, 512, Precision::kF32)->bytes();
  const size_t bf16 = Create(256, 512, Precision::kBf16)->bytes();
  EXPECT_EQ(f32 - bf16, 256u * 512 * 2);
}

// 1 + 2^-8 is no bf16 number: it goes to 1 as a weight and as an input, and stays as a bias.
TEST_F(DenseInBf16, RoundsWeightsAndInputsAndNothingElse) {
  constexpr float kBetween = 1 + 0x1p-8f;
  const std::vector<float> weights(64 * 2, kBetween);
  const size_t buckets[] = {1};
  const auto dense = onednn::Dense::Create(64, 2, weights, std::vector<float>(2, kBetween), buckets,
                                           std::nullopt, Precision::kBf16);
  ASSERT_THAT(dense, IsOk());
  onednn::Workspace workspace((*dense)->scratch_bytes());
  const std::vector<float> src(64, kBetween);
  std::vector<float> dst(2);
  EXPECT_TRUE((*dense)->Bind(0, false, src.data(), dst.data(), workspace).Run());
  EXPECT_THAT(dst, Each(64 + kBetween));
  EXPECT_THAT(src, Each(kBetween));
}

}  // namespace
}  // namespace hillock::kernel
