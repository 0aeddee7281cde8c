// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "server/core/engine/tuning/numeric_contract.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::MlpBuilder;
using ::hillock::testing::UniformMlp;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Buckets, AscendFromOneRow) {
  EXPECT_EQ(kBuckets.front(), 1u);
  EXPECT_TRUE(std::ranges::is_sorted(kBuckets));
  EXPECT_EQ(kMaxRows, kBuckets.back());
}

TEST(Buckets, AreTheSmallestThatHoldTheRows) {
  for (size_t rows = 1; rows <= kMaxRows; ++rows) {
    const size_t bucket = BucketFor(rows);
    EXPECT_GE(kBuckets[bucket], rows);
    EXPECT_TRUE(bucket == 0 || kBuckets[bucket - 1] < rows) << rows;
  }
}

TEST(Backends, HaveTheNamesThatMetricsShow) {
  EXPECT_EQ(BackendName(Backend::kOneDnn), "onednn");
  EXPECT_EQ(BackendName(Backend::kFallback), "fallback");
  EXPECT_EQ(BackendName(std::nullopt), "auto");
}

class PlanOf : public ::testing::TestWithParam<EngineCase> {
 protected:
  static const activation::Spec& spec() { return *GetParam().spec; }
  static std::optional<Backend> asked() { return GetParam().backend; }
  static bool is_identity() { return spec().name == activation::kIdentity; }
  static bool onednn_has_it() {
    return kernel::onednn::AlgorithmOf(spec(), *activation::ResolveParams(spec(), {})).has_value();
  }
  static std::shared_ptr<const Plan> Compile(const std::vector<size_t>& widths,
                                             bool allow_non_finite = false) {
    PlanOptions options = GetParam().Options();
    options.allow_non_finite = allow_non_finite;
    return Plan::Compile(UniformMlp(widths, spec().name, 1), options);
  }
};

// Whether oneDNN's dense layer is good enough is the machine's to say, so the plan is asked.
TEST_P(PlanOf, TakesTheBackendAskedForAsFarAsItCanDoTheWork) {
  const auto plan = Compile({5, 7, 3});
  for (const DenseStep* step : DenseStepsOf(*plan)) {
    if (asked() == Backend::kFallback) {
      EXPECT_EQ(step->selection, BackendSelection());
    }
    if (asked() == Backend::kOneDnn && !is_identity()) {
      EXPECT_EQ(step->selection.activation == Backend::kOneDnn, onednn_has_it());
      EXPECT_TRUE(step->selection.onednn_from == 0 ||
                  step->selection.onednn_from == BackendSelection::kNever);
    }
  }
}

TEST_P(PlanOf, HasWhatItsSelectionNeeds) {
  const auto plan = Compile({5, 7, 3});
  for (const DenseStep* step : DenseStepsOf(*plan)) {
    const bool on_onednn = step->selection.activation == Backend::kOneDnn;
    EXPECT_EQ(step->onednn_dense != nullptr,
              step->selection.onednn_from < BackendSelection::kNever);
    EXPECT_EQ(step->fallback_dense != nullptr, step->selection.onednn_from > 0);
    EXPECT_EQ(step->is_identity(), is_identity());
    EXPECT_EQ(step->onednn_activation != nullptr, on_onednn && !is_identity());
    EXPECT_EQ(step->fallback_activation != nullptr, !on_onednn && !is_identity());
    for (size_t b = 0; b < kBuckets.size(); ++b) {
      const bool dense_on_onednn = step->selection.dense_backend(b) == Backend::kOneDnn;
      EXPECT_EQ(dense_on_onednn, b >= step->selection.onednn_from);
      EXPECT_EQ(step->is_fused(b), is_identity() || (step->can_fuse && dense_on_onednn));
    }
    EXPECT_FALSE(step->can_fuse && spec().scope != activation::Scope::kElementwise);
  }
}

// What oneDNN makes of NaN differs from one activation and version to the next; the check knows.
TEST_P(PlanOf, KeepsAnActivationFromOneDnnWhereThatWouldBreakTheContract) {
  const auto params = *activation::ResolveParams(spec(), {});
  const bool sound = CheckNonFinite(spec(), params).ok();
  const auto plan = Compile({5, 7, 3}, /*allow_non_finite=*/true);
  for (const DenseStep* step : DenseStepsOf(*plan)) {
    if (!is_identity() && !sound) {
      EXPECT_EQ(step->selection.activation, Backend::kFallback);
    }
  }
}

TEST_P(PlanOf, IsInBf16WhereThatWasAskedForAndTheCpuIsFastAtIt) {
  const bool bf16 =
      GetParam().precision == Precision::kBf16 && kernel::onednn::IsFast(Precision::kBf16);
  const auto plan = Compile({5, 7, 1});
  EXPECT_EQ(plan->precision(), bf16 ? Precision::kBf16 : Precision::kF32);
  for (const DenseStep* step : DenseStepsOf(*plan)) {
    EXPECT_EQ(step->selection.precision, plan->precision());
    EXPECT_EQ(step->Describe().find("dense onednn bf16") != std::string::npos, bf16);
  }
}

TEST_P(PlanOf, DescribesItsSteps) {
  const auto plan = Compile({5, 7, 3});
  for (const DenseStep* step : DenseStepsOf(*plan)) {
    EXPECT_THAT(
        step->Describe(),
        StartsWith(fmt::format("{} {}->{} (dense {}", spec().name, step->inputs, step->outputs,
                               BackendName(step->selection.dense_backend(0)))));
    EXPECT_EQ(step->Describe().find("activation") == std::string::npos, is_identity());
  }
}

TEST_P(PlanOf, NotesNothingUnlessOneDnnWasAskedFor) {
  if (asked() != Backend::kOneDnn) {
    EXPECT_THAT(Compile({5, 7, 1})->notes(), IsEmpty());
  }
}

TEST_P(PlanOf, HoldsAtLeastTheWeights) {
  const auto plan = Compile({5, 7, 3});
  const size_t each = plan->precision() == Precision::kBf16 ? 2 : 4;
  EXPECT_GE(plan->bytes(), (5 * 7 + 7 * 3) * each + (7 + 3) * sizeof(float));
}

INSTANTIATE_TEST_SUITE_P(Every, PlanOf, ::testing::ValuesIn(EveryEngineCase()), CaseName);

constexpr auto kEveryCpu = [](Precision) { return true; };
constexpr auto kNoCpu = [](Precision precision) { return precision == Precision::kF32; };

struct Obstacle {
  PlanOptions options;
  std::string note;
};

// Without bf16 to be had a plan is the one in f32, to the bit, and says why.
TEST(Plan, SaysWhyItIsNotInBf16) {
  const Obstacle table[] = {
      {{{.backend = Backend::kFallback}, kEveryCpu},
       "bf16 was asked for, served in f32: the fallback computes in f32 only"},
      {{{.backend = Backend::kOneDnn}, kNoCpu},
       "bf16 was asked for, served in f32: this CPU has neither AVX512_BF16 nor AMX"},
      {{{}, kNoCpu}, "bf16 was asked for, served in f32: this CPU has neither AVX512_BF16 nor AMX"},
  };
  const model::Mlp mlp = UniformMlp({64, 64, 10}, "relu", 1);
  const auto rows = testing::Random(1).Floats(20 * 64, -2, 2);
  for (const Obstacle& obstacle : table) {
    PlanOptions options = obstacle.options;
    const auto want = Engine(mlp, options).Answer(rows);
    options.precision = Precision::kBf16;
    Engine engine(mlp, options);
    EXPECT_EQ(engine.plan().precision(), Precision::kF32);
    EXPECT_THAT(engine.plan().notes(), Contains(obstacle.note));
    EXPECT_EQ(engine.Answer(rows), want) << obstacle.note;
  }
}

// What is faster is the machine's to say.
TEST(Plan, ChoosesLayersForBf16OrSaysThatNoneIsFaster) {
  const auto plan = Plan::Compile(UniformMlp({16, 512, 512, 1}, "relu", 1),
                                  {{.precision = Precision::kBf16}, kEveryCpu});
  if (plan->precision() == Precision::kBf16) {
    EXPECT_THAT(plan->notes(), IsEmpty());
  } else {
    EXPECT_THAT(plan->notes(),
                ElementsAre("bf16 was asked for, served in f32: no layer is faster in bf16"));
  }
}

TEST(Plan, KeepsTheModelsNamesSizesAndNormalization) {
  const model::Mlp mlp = MlpBuilder(5).Add(7, "prelu").Add(3, "relu").Normalized().Build();
  const auto plan = Plan::Compile(mlp, {});
  EXPECT_EQ(plan->inputs(), 5u);
  EXPECT_THAT(plan->outputs(), ElementsAre(ValueId{2}));
  EXPECT_EQ(plan->width(ValueId{2}), 3u);
  EXPECT_EQ(NameOf(plan->steps()[0]), "layer0");
  EXPECT_EQ(DenseStepsOf(*plan)[0]->slopes, mlp.layers[0].slopes);
  EXPECT_EQ(NameOf(plan->steps()[1]), "layer1");
  EXPECT_TRUE(std::ranges::equal(plan->offset(), mlp.offset));
  EXPECT_TRUE(std::ranges::equal(plan->scale(), mlp.scale));
}

}  // namespace
}  // namespace hillock::engine
