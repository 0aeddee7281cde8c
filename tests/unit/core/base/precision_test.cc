// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/precision.h"

#include <gtest/gtest.h>

#include <optional>
#include <span>

namespace hillock {
namespace {

TEST(Precision, IsFoundByTheNameOfItsRow) {
  for (size_t i = 0; i < kPrecisionTable.size(); ++i) {
    const auto precision = static_cast<Precision>(i);
    EXPECT_EQ(FindPrecision(PrecisionName(precision)), precision);
    EXPECT_EQ(kPrecisionNames[i], PrecisionName(precision));
  }
  for (const char* name : {"", "F32", "bf", "bf16 "}) {
    EXPECT_EQ(FindPrecision(name), std::nullopt) << name;
  }
}

// f32 is what the others are measured against.
TEST(Precision, HasAToleranceUnlessItIsF32) {
  EXPECT_EQ(SpecOf(Precision::kF32).tolerance, 0);
  EXPECT_TRUE(SpecOf(Precision::kF32).folds_normalization);
  for (const PrecisionSpec& spec : std::span(kPrecisionTable).subspan(1)) {
    EXPECT_GT(spec.tolerance, 0) << spec.name;
    EXPECT_FALSE(spec.slow_cpu.empty()) << spec.name;
  }
}

}  // namespace
}  // namespace hillock
