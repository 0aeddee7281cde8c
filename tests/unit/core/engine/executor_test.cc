// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::Random;
using ::hillock::testing::UniformMlp;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsNan;
using ::testing::Lt;
using ::testing::Optional;

constexpr Nanos kTick = 10;

class ExecutorReports : public ::testing::TestWithParam<EngineCase> {
 protected:
  static bool is_identity() { return GetParam().spec->name == "identity"; }
  bool is_fused(size_t step, size_t rows) const {
    return DenseStepsOf(engine_.plan())[step]->is_fused(BucketFor(rows));
  }

  // Runs a batch on a clock that ticks whenever it is read, and gives the reports.
  std::span<const StepReport> After(size_t rows, bool profile) {
    engine_.Answer(Random(1).Floats(rows * 4, -1, 1), profile);
    return engine_.executor().reports();
  }

  const FakeClock clock_{kTick};
  Engine engine_{UniformMlp({4, 6, 3}, GetParam().spec->name, 1), GetParam().Options(), clock_};
};

TEST_P(ExecutorReports, SayWhetherTheActivationWasSplit) {
  const auto reports = After(5, false);
  for (size_t i = 0; i < reports.size(); ++i) EXPECT_EQ(reports[i].split, !is_fused(i, 5));
  for (const StepReport& report : After(5, true)) EXPECT_EQ(report.split, !is_identity());
}

TEST_P(ExecutorReports, TimeTheLayerAndItsActivation) {
  for (const bool profile : {false, true}) {
    for (const StepReport& report : After(5, profile)) {
      EXPECT_EQ(report.activation, report.split ? kTick : 0);
      EXPECT_EQ(report.layer, report.split ? 2 * kTick : kTick);
    }
  }
}

TEST_P(ExecutorReports, SampleProfiledRunsOnly) {
  for (const StepReport& report : After(5, false)) EXPECT_EQ(report.sample.elements, 0u);
  const auto reports = After(5, true);
  EXPECT_EQ(reports[0].sample.elements, 5u * 6);
  EXPECT_EQ(reports[1].sample.elements, 5u * 3);
  for (const StepReport& report : After(5, false)) EXPECT_EQ(report.sample.elements, 0u);
}

TEST_P(ExecutorReports, GiveAVerdictOnDeadUnitsOnceAWindow) {
  for (size_t i = 1; i < UnitHealth::kWindow; ++i) {
    EXPECT_THAT(After(2, true)[0].dead_units, Eq(std::nullopt)) << i;
  }
  EXPECT_TRUE(After(2, true)[0].dead_units.has_value());
  EXPECT_THAT(After(2, true)[0].dead_units, Eq(std::nullopt));
}

INSTANTIATE_TEST_SUITE_P(Every, ExecutorReports, ::testing::ValuesIn(EveryEngineCase()), CaseName);

// A layer whose units' pre-activations are their biases.
model::Mlp Constant(std::string_view activation, std::vector<float> biases) {
  model::Mlp mlp = MlpBuilder(1).Add(biases.size(), activation).Build();
  std::ranges::fill(mlp.layers[0].weights, 0.0f);
  mlp.layers[0].bias = std::move(biases);
  return mlp;
}

class ExecutorHealth : public ::testing::TestWithParam<std::optional<Backend>> {};

TEST_P(ExecutorHealth, SeesPreActivationsBeforeTheActivationOverwritesThem) {
  Engine engine(Constant("sigmoid", {-8, 0, 8}), GetParam());
  engine.Answer(std::vector<float>(10), true);
  EXPECT_EQ(engine.executor().reports()[0].sample.saturated, 20u);
}

TEST_P(ExecutorHealth, SeesTheOutputsOfARowFunction) {
  Engine engine(Constant("softmax", {20, 0, 0}), GetParam());
  engine.Answer(std::vector<float>(10), true);
  EXPECT_EQ(engine.executor().reports()[0].sample.saturated, 30u);
}

TEST_P(ExecutorHealth, FindsDeadUnits) {
  Engine engine(Constant("relu", {-1, 1, -2, 3}), GetParam());
  for (size_t i = 0; i < UnitHealth::kWindow; ++i) engine.Answer(std::vector<float>(3), true);
  EXPECT_THAT(engine.executor().reports()[0].dead_units, Optional(2u));
}

INSTANTIATE_TEST_SUITE_P(Backends, ExecutorHealth,
                         ::testing::Values(std::nullopt, Backend::kFallback),
                         [](const auto& test) { return test.param ? "fallback" : "auto"; });

TEST(Executor, LetsArithmeticHaveItsWayWithWhatIsNotFinite) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  model::Mlp mlp = UniformMlp({3, 2}, "identity", 1);
  mlp.layers[0].weights = {1, 1, 1, 1, 1, -1};
  for (PlanOptions options :
       {PlanOptions{}, PlanOptions{{.backend = Backend::kOneDnn}},
        PlanOptions{{.backend = Backend::kOneDnn, .precision = Precision::kBf16}}}) {
    options.allow_non_finite = true;
    Engine engine(mlp, options);
    const auto answers = engine.Answer(std::vector<float>{kInf, 0, 1, 0, 0, kInf, 1, kNan, 0,  //
                                                          kInf, -kInf, 0, 1, 2, 3});
    EXPECT_THAT(std::span(answers).first(4), ElementsAre(kInf, kInf, kInf, -kInf));
    EXPECT_THAT(std::span(answers).subspan(4, 4), Each(IsNan()));
    EXPECT_THAT(std::span(answers).last(2), Each(Lt(kInf)));
  }
}

TEST(Executor, LeavesTheInputNormalizedInPlace) {
  const model::Mlp mlp = MlpBuilder(3).Add(2, "relu").Normalized().Build();
  Engine engine(mlp, std::nullopt);
  const std::vector<float> row = {0.5f, -0.25f, 2.0f};
  engine.Answer(row);
  for (size_t i = 0; i < row.size(); ++i) {
    EXPECT_FLOAT_EQ(engine.executor().input()[i], (row[i] - mlp.offset[i]) * mlp.scale[i]);
  }
}

// Widths of a layer that is computed in three tiles, and of one that is computed in one.
const std::vector<size_t> kWide = {2048, 600, 2};

class ExecutorYieldPoints : public ::testing::TestWithParam<EngineCase> {
 protected:
  // How often a run on a clock that ticks whenever it is read yields.
  int Count(Nanos after) {
    int yields = 0;
    const YieldHook hook{after, [&] { ++yields; }};
    EXPECT_TRUE(engine_.executor().Run(2, false, &hook).ok());
    return yields;
  }

  const FakeClock clock_{kTick};
  Engine engine_{UniformMlp(kWide, GetParam().spec->name, 1), GetParam().Options(), clock_};
};

TEST_P(ExecutorYieldPoints, ComeBetweenTilesActivationsAndLayers) {
  int passes = 4;  // of dense tiles
  for (const DenseStep* step : DenseStepsOf(engine_.plan())) {
    passes += step->is_fused(BucketFor(2)) ? 0 : 1;
  }
  EXPECT_EQ(Count(1), passes - 1);
}

TEST_P(ExecutorYieldPoints, ComeOnceTheTimeIsUp) {
  EXPECT_EQ(Count(3 * kTick), 1);
  EXPECT_EQ(Count(100 * kTick), 0);
}

TEST_P(ExecutorYieldPoints, LeaveTheAnswerAndTheTimesAsTheyAre) {
  const auto rows = Random(1).Floats(2 * kWide[0], -1, 1);
  const auto want = engine_.Answer(rows);
  std::vector<Nanos> times;
  for (const StepReport& report : engine_.executor().reports()) times.push_back(report.layer);
  std::ranges::copy(rows, engine_.executor().input());
  EXPECT_GT(Count(1), 0);
  EXPECT_EQ(std::vector<float>(engine_.executor().output(), engine_.executor().output() + 4), want);
  for (size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(engine_.executor().reports()[i].layer, times[i]);
    EXPECT_EQ(engine_.executor().reports()[i].longest_uninterruptible, kTick);
  }
}

std::vector<EngineCase> ReluCases() {
  auto cases = EveryEngineCase();
  std::erase_if(cases, [](const EngineCase& c) { return c.spec->name != "relu"; });
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Relu, ExecutorYieldPoints, ::testing::ValuesIn(ReluCases()), CaseName);

TEST(Executor, KeepsOneExecutorsAnswersApartFromAnothers) {
  const auto plan = Plan::Compile(UniformMlp({4, 6, 3}, "tanh", 1), {});
  Executor one(plan, Clock::Monotonic());
  Executor other(plan, Clock::Monotonic());
  std::fill_n(one.input(), 4, 0.25f);
  std::fill_n(other.input(), 4, -0.75f);
  ASSERT_TRUE(one.Run(1, false).ok());
  const std::vector<float> before(one.output(), one.output() + 3);
  ASSERT_TRUE(other.Run(1, false).ok());
  EXPECT_EQ(std::vector<float>(one.output(), one.output() + 3), before);
  EXPECT_NE(std::vector<float>(other.output(), other.output() + 3), before);
}

}  // namespace
}  // namespace hillock::engine
