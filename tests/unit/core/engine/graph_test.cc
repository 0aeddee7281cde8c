// SPDX-License-Identifier: Apache-2.0

// Graphs of row operations, against an evaluation in double precision.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/core/engine/rewrite/rewrite.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::Approximate;
using ::hillock::testing::Evaluate;
using ::hillock::testing::FakeClock;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::Random;
using ::hillock::testing::RandomGraph;
using ::testing::Each;
using ::testing::ElementsAre;

constexpr size_t kRows = 11;
constexpr uint32_t kSeeds = 300;
constexpr std::string_view kActivations[] = {"identity", "identity", "relu",    "tanh",
                                             "sigmoid",  "softmax",  "softplus"};

// Whole numbers among the others, as categories are.
std::vector<float> RowsFor(const model::Mlp& mlp, uint32_t seed) {
  Random random(seed);
  std::vector<float> rows = random.Floats(kRows * mlp.input_width(), -2, 2);
  for (float& x : rows) {
    if (random.Index(4) == 0) x = std::round(x);
  }
  return rows;
}

// All outputs of the last run of so many rows, one after the other.
std::vector<std::vector<float>> OutputsOf(Engine& engine, size_t rows) {
  std::vector<std::vector<float>> outputs;
  for (size_t i = 0; i < engine.plan().outputs().size(); ++i) {
    const float* const from = engine.executor().output(i);
    outputs.emplace_back(from, from + rows * engine.plan().width(engine.plan().outputs()[i]));
  }
  return outputs;
}

// Elements that were compared, and those that were not, as rounding decides what they are.
struct Compared {
  size_t known = 0;
  size_t unknown = 0;
};

// `tolerance` x (1 + |want|) is granted beside the reference's bound.
Compared ExpectReference(const model::Mlp& mlp, std::span<const float> rows,
                         const std::vector<std::vector<float>>& got, bool fallback_only,
                         double tolerance = 0) {
  Compared compared;
  for (size_t i = 0; i < got.size(); ++i) {
    const size_t width = got[i].size() / kRows;
    for (size_t r = 0; r < kRows; ++r) {
      const auto row = rows.subspan(r * mlp.input_width(), mlp.input_width());
      const std::vector<Approximate> want = Evaluate(mlp, row, fallback_only, i);
      for (size_t c = 0; c < width; ++c) {
        ++(std::isinf(want[c].error) ? compared.unknown : compared.known);
        if (std::isinf(want[c].error)) continue;
        const float value = got[i][r * width + c];
        const double most = want[c].error + tolerance * (1 + std::abs(want[c].value));
        EXPECT_LE(std::abs(double{value} - want[c].value), most)
            << "row " << r << ", output " << i << ", column " << c << ": got " << value << ", want "
            << want[c].value;
      }
    }
  }
  return compared;
}

class Graph : public ::testing::TestWithParam<std::optional<Backend>> {};

TEST_P(Graph, AnswersWithEveryOutput) {
  Compared all;
  for (uint32_t seed = 0; seed < kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const model::Mlp mlp = RandomGraph(seed, kActivations);
    const std::vector<float> rows = RowsFor(mlp, seed);
    Engine engine(mlp, GetParam());
    for (const bool profile : {false, true}) {
      engine.Answer(rows, profile);
      const Compared one =
          ExpectReference(mlp, rows, OutputsOf(engine, kRows), GetParam() == Backend::kFallback);
      all.known += one.known;
      all.unknown += one.unknown;
    }
  }
  EXPECT_GT(all.known, 2 * all.unknown) << "too few can be compared";
}

// Bit for bit, and profiled runs answer like others.
TEST_P(Graph, AnswersARowAloneAsInABatch) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    const model::Mlp mlp = RandomGraph(seed, kActivations);
    const std::vector<float> rows = RowsFor(mlp, seed);
    Engine engine(mlp, GetParam());
    engine.Answer(rows);
    const auto together = OutputsOf(engine, kRows);
    for (size_t r = 0; r < kRows; ++r) {
      engine.Answer(std::span(rows).subspan(r * mlp.input_width(), mlp.input_width()), r % 2 == 0);
      const auto alone = OutputsOf(engine, 1);
      for (size_t i = 0; i < alone.size(); ++i) {
        const size_t bytes = alone[i].size() * sizeof(float);
        ASSERT_EQ(std::memcmp(alone[i].data(), together[i].data() + r * alone[i].size(), bytes), 0)
            << "seed " << seed << ", row " << r << ", output " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Graph,
                         ::testing::Values(std::nullopt, Backend::kOneDnn, Backend::kFallback),
                         [](const auto& test) { return std::string(BackendName(test.param)); });

TEST(Graphs, KeepTheirAnswersWhenRewritten) {
  constexpr std::string_view kMostlyIdentity[] = {"identity", "identity", "relu"};
  size_t collapsed = 0;
  for (uint32_t seed = 0; seed < kSeeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const model::Mlp mlp = RandomGraph(seed, kMostlyIdentity);
    const std::vector<float> rows = RowsFor(mlp, seed);
    const auto rewritten = Rewrite(mlp);
    ASSERT_THAT(model::Validate(rewritten.mlp), IsOk());
    for (const std::string& note : rewritten.notes) collapsed += note.starts_with("collapsed");
    Engine engine(rewritten.mlp, Backend::kFallback);
    engine.Answer(rows);
    ExpectReference(mlp, rows, OutputsOf(engine, kRows), true, kRewriteTolerance);
  }
  EXPECT_GT(collapsed, 2u);
}

// A model of one layer of an operation.
model::Mlp Single(std::string_view activation, size_t width) {
  return MlpBuilder(width).Combine("add", {0, 0}, activation).Build();
}

TEST(RowSteps, ReportTheirActivationWhenProfiled) {
  constexpr Nanos kTick = 10;
  const FakeClock clock(kTick);
  Engine engine(Single("relu", 4), PlanOptions{}, clock);
  const std::vector<float> rows = {-1, 1, -1, -1};
  engine.Answer(rows);
  const StepReport& report = engine.executor().reports()[0];
  EXPECT_FALSE(report.split);
  EXPECT_EQ(report.layer, kTick);
  EXPECT_EQ(report.sample.elements, 0u);
  engine.Answer(rows, /*profile=*/true);
  EXPECT_TRUE(report.split);
  EXPECT_EQ(report.layer, 2 * kTick);
  EXPECT_EQ(report.activation, kTick);
  EXPECT_EQ(report.sample.elements, 4u);
  EXPECT_EQ(report.sample.saturated, 3u);
  EXPECT_EQ(report.backend, Backend::kFallback);
}

TEST(RowSteps, YieldBetweenBlocksAndBeforeASplitActivation) {
  const FakeClock clock(10);
  Engine engine(Single("relu", size_t{1} << 14), PlanOptions{}, clock);
  for (const bool profile : {false, true}) {
    int yields = 0;
    const YieldHook hook{1, [&] { ++yields; }};
    ASSERT_THAT(engine.executor().Run(3, profile, &hook), IsOk());
    EXPECT_EQ(yields, profile ? 3 : 2);
  }
}

TEST(RowSteps, RunARowActivationOverGroups) {
  const model::Mlp mlp =
      MlpBuilder(4).Add(model::Select{{0, 1, 2, 3}}, {0}, 4, "softmax", 2).Build();
  Engine engine(mlp, PlanOptions{});
  EXPECT_THAT(engine.Answer(std::vector<float>{1, 1, 2, 2}), Each(0.5f));
}

TEST(RowSteps, DescribeThemselves) {
  const auto plan = Plan::Compile(
      MlpBuilder(3).Add(2, "relu").Combine("add", {1, 1}, "tanh").Reduce("max", 2, 1).Build(), {});
  EXPECT_EQ(Describe(plan->steps()[1]), "tanh 2+2->2 (add; activation fallback)");
  EXPECT_EQ(Describe(plan->steps()[2]), "identity 2->1 (max)");
}

// Constants are written once, and nothing else is written where they are.
TEST(RowSteps, KeepConstantsFromRunToRun) {
  const model::Mlp mlp = MlpBuilder(2)
                             .Add(5, "relu")
                             .Add(model::Constant{{1, -2}}, {}, 2, "relu")
                             .Combine("add", {0, 2})
                             .Add(5, "relu")
                             .Output("a", 1)
                             .Output("b", 3)
                             .Output("c", 4)
                             .Build();
  Engine engine(mlp, PlanOptions{});
  for (int run = 0; run < 3; ++run) {
    engine.Answer(std::vector<float>{10, 20, 30, 40});
    EXPECT_THAT(OutputsOf(engine, 2)[1], ElementsAre(11, 20, 31, 40));
  }
}

TEST(Plans, LeaveConstantOutputsToTheServer) {
  model::Mlp mlp = MlpBuilder(2).Add(3, "relu").Output("a").Build();
  model::Output constant;
  constant.name = "version";
  constant.shape = {1};
  constant.is_constant = true;
  constant.constant = {7};
  mlp.outputs.insert(mlp.outputs.begin(), constant);
  ASSERT_THAT(model::Validate(mlp), IsOk());
  EXPECT_THAT(Plan::Compile(mlp, {})->outputs(), ElementsAre(ValueId{1}));
}

// A model that makes infinities keeps to what the activation table says of them.
TEST(Plans, AllowNonFiniteWhereTheModelMakesIt) {
  const model::Mlp mlp = MlpBuilder(2).Add(2, "identity").Add(2, "identity").Build();
  EXPECT_FALSE(Plan::Compile(mlp, {{.rewrite = true}})->rewrites().empty());
  model::Mlp divided =
      MlpBuilder(2).Combine("div", {0, 0}).Add(2, "identity").Add(2, "identity").Build();
  EXPECT_TRUE(Plan::Compile(divided, {{.rewrite = true}})->rewrites().empty());
}

}  // namespace
}  // namespace hillock::engine
