// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/precision_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "server/core/base/precision.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::hillock::testing::UniformMlp;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;

PlanOptions OnOneDnn(double tolerance = SpecOf(Precision::kBf16).tolerance) {
  return {{.backend = Backend::kOneDnn,
           .precision = Precision::kBf16,
           .precision_tolerance = tolerance}};
}

absl::Status Check(const model::Mlp& mlp, const PlanOptions& options) {
  return CheckPrecision(mlp, options, Plan::Compile(mlp, options));
}

class CheckPrecisionTest : public ::testing::Test {
 protected:
  // Without AVX512_BF16 or AMX a plan for bf16 is one in f32, which moves no answer.
  void SetUp() override {
    if (!kernel::onednn::IsFast(Precision::kBf16))
      GTEST_SKIP() << SpecOf(Precision::kBf16).slow_cpu;
  }
};

TEST_F(CheckPrecisionTest, TakesSmoothNetworksWithTheDefaultTolerance) {
  for (const char* activation : {"identity", "relu", "tanh", "sigmoid", "gelu_erf"}) {
    const auto mlp = UniformMlp({64, 128, 128, 64, 10}, activation, 1);
    EXPECT_THAT(Check(mlp, OnOneDnn()), IsOk()) << activation;
  }
}

TEST_F(CheckPrecisionTest, NamesTheFigureTheToleranceAndTheAnswer) {
  const auto mlp = UniformMlp({64, 32, 10}, "tanh", 1);
  EXPECT_THAT(
      Check(mlp, OnOneDnn(1e-5)),
      StatusIs(kRefused,
               MatchesRegex(
                   "bf16 moves an answer by 0\\.00[0-9]+ of 1 \\+ the output's largest, want at "
                   "most precision_tolerance 1e-05: calibration row [0-9]+, output [0-9]: got "
                   "[-.0-9]+, in f32 [-.0-9]+")));
}

// A pre-activation just beside the jump ends up on its other side.
TEST_F(CheckPrecisionTest, RefusesWhatJumps) {
  const auto mlp = UniformMlp({256, 64, 10}, "step", 1);
  EXPECT_THAT(Check(mlp, OnOneDnn()), StatusIs(kRefused, HasSubstr("tolerance 0.02")));
}

// The weight is beyond bf16's largest number, and rounded to an infinity.
TEST_F(CheckPrecisionTest, RefusesAnInfinityHoweverLargeTheTolerance) {
  model::Mlp mlp = UniformMlp({1, 1}, "identity", 1);
  mlp.layers[0].weights = {std::numeric_limits<float>::max()};
  EXPECT_THAT(Check(mlp, OnOneDnn(1e300)),
              StatusIs(kRefused, StartsWith("bf16 moves an answer by inf of")));
}

// An answer near 0 of an output that reaches thousands may move by more than itself.
TEST_F(CheckPrecisionTest, MeasuresMovesByTheSizeOfTheOutput) {
  model::Mlp mlp = UniformMlp({64, 32}, "identity", 1);
  for (float& w : mlp.layers[0].weights) w *= 4096;
  EXPECT_THAT(Check(mlp, OnOneDnn()), IsOk());
}

// The rows are made for the normalization: without it 1e6 would hide what 8 bits cannot tell apart.
TEST_F(CheckPrecisionTest, FeedsTheFirstLayerTheSameWhateverTheNormalization) {
  model::Mlp mlp = UniformMlp({16, 8}, "tanh", 1);
  ASSERT_THAT(Check(mlp, OnOneDnn()), IsOk());
  mlp.offset.assign(16, 4096.0f);
  mlp.scale.assign(16, 0.5f);
  EXPECT_THAT(Check(mlp, OnOneDnn()), IsOk());
  PlanOptions rewriting = OnOneDnn();
  rewriting.rewrite = true;
  EXPECT_THAT(Check(mlp, rewriting), IsOk());
}

TEST(CheckPrecision, HasNothingToSayOfAPlanInF32) {
  const auto mlp = UniformMlp({64, 64, 10}, "step", 1);
  for (PlanOptions options :
       {PlanOptions{{.precision_tolerance = 0}},
        PlanOptions{{.backend = Backend::kFallback,
        .precision = Precision::kBf16,
        .precision_tolerance = 0}},
        PlanOptions{
            {.backend = Backend::kOneDnn, .precision = Precision::kBf16, .precision_tolerance = 0},
            [](Precision) { return false; }}}) {
    EXPECT_THAT(Check(mlp, options), IsOk());
  }
}

}  // namespace
}  // namespace hillock::engine
