// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/tuning/autotune.h"

#include <gtest/gtest.h>

#include "tests/support/mlp_builder.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::UniformMlp;

TEST(Autotune, StaysTheSameForAShapeAndActivation) {
  const auto first = UniformMlp({24, 40}, "tanh", 1);
  const auto second = UniformMlp({24, 40}, "tanh", 2);
  const BackendSelection selection = Autotune(first.layers[0]);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Autotune(second.layers[0]), selection);
}

TEST(Autotune, NeverTakesOneDnnForASingleOutput) {
  const auto mlp = UniformMlp({300, 1}, "sigmoid", 1);
  EXPECT_EQ(Autotune(mlp.layers[0]).onednn_from, BackendSelection::kNever);
}

TEST(Autotune, TakesTheFallbackForWhatOneDnnLacks) {
  const auto mlp = UniformMlp({24, 40}, "ncu", 1);
  EXPECT_EQ(Autotune(mlp.layers[0]).activation, Backend::kFallback);
}

TEST(Autotune, StaysWithF32UnlessBf16WasAskedFor) {
  const auto mlp = UniformMlp({512, 512}, "relu", 1);
  Autotune(mlp.layers[0], Precision::kBf16);
  EXPECT_EQ(Autotune(mlp.layers[0]).precision, Precision::kF32);
}

// The two would answer a row differently.
TEST(Autotune, MixesNoBackendsInALayerInBf16) {
  for (const size_t width : {8u, 64u, 512u}) {
    const auto mlp = UniformMlp({width, width}, "relu", 1);
    const BackendSelection selection = Autotune(mlp.layers[0], Precision::kBf16);
    if (selection.precision == Precision::kBf16) {
      EXPECT_EQ(selection.onednn_from, 0u) << width;
    }
    EXPECT_EQ(Autotune(mlp.layers[0], Precision::kBf16), selection) << width;
  }
}

}  // namespace
}  // namespace hillock::engine
