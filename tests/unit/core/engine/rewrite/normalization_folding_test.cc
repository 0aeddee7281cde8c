// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/rewrite/normalization_folding.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/engine/rewrite/affine_map.h"
#include "tests/support/mlp_builder.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::MlpBuilder;

// The errors of a layer of 20 inputs whose features all have this offset and scale.
FoldingErrors ErrorsOf(float offset, float scale) {
  const model::Layer layer = MlpBuilder(20).Add(10, "relu").Build().layers[0];
  const std::vector<float> offsets(layer.inputs, offset);
  const std::vector<float> scales(layer.inputs, scale);
  const auto folded = WithDense(layer, FoldNormalization(AffineMapOf(layer), offsets, scales));
  HILLOCK_CHECK(folded.has_value());
  return MeasureFolding(offsets, scales, layer, *folded);
}

struct Feature {
  const char* what;
  float offset;
  float scale;
  bool folds;
};

TEST(MeasureFolding, LetsFoldWhereTheOffsetIsOfTheSizeOfTheSpread) {
  const Feature table[] = {
      {"standardised already", 0, 1, true},   {"pixels", 33.3f, 1 / 78.6f, true},
      {"heights in metres", 1.7f, 10, false}, {"tiny numbers", 1e-9f, 1e9f, true},
      {"not looked at", 1e6f, 0, true},       {"pressure in pascal", 101'325, 1e-2f, false},
      {"years", 2020, 0.5f, false},           {"time stamps", 1.7e9f, 1e-3f, false},
  };
  for (const Feature& feature : table) {
    const FoldingErrors errors = ErrorsOf(feature.offset, feature.scale);
    EXPECT_EQ(KeepsTheAnswer(errors), feature.folds)
        << feature.what << ": " << errors.folded << ", separate " << errors.separate;
  }
}

TEST(MeasureFolding, SeesThatNormalizingFirstIsExactWhereFoldingIsNot) {
  const FoldingErrors errors = ErrorsOf(1.7e9f, 1e-3f);
  EXPECT_LT(errors.separate, 1e-6);
  EXPECT_GT(errors.folded, 1e-3);
}

TEST(KeepsTheAnswer, AllowsTwiceWhatNormalizingFirstLoses) {
  EXPECT_TRUE(KeepsTheAnswer({.folded = kFoldingTolerance, .separate = 0}));
  EXPECT_FALSE(KeepsTheAnswer({.folded = 2 * kFoldingTolerance, .separate = 0}));
  EXPECT_TRUE(KeepsTheAnswer({.folded = 1e-4, .separate = 0.5e-4}));
  EXPECT_FALSE(KeepsTheAnswer({.folded = 1e-4, .separate = 0.4e-4}));
}

TEST(KeepsTheAnswer, TakesNoOverflowHoweverFarOffTheOtherIs) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(KeepsTheAnswer({.folded = kInf, .separate = kInf}));
}

}  // namespace
}  // namespace hillock::engine
