// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/model_compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stop_token>

#include "server/core/engine/executor.h"
#include "server/core/kernel/onednn.h"
#include "server/metrics/registry.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::lifecycle {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

constexpr size_t kReactors = 3;

class ModelCompilerTest : public ::testing::Test {
 protected:
  std::shared_ptr<ServedModel> Compile(const MlpBuilder& builder) {
    return *compiler_.Compile("pets", 12, builder.Share(), {});
  }

  FakeClock clock_{1000};
  metrics::Registry registry_{kReactors, {}};
  ModelCompiler compiler_{kReactors, registry_, clock_};
};

TEST_F(ModelCompilerTest, MakesAnExecutorAndCellsForEveryReactor) {
  const auto model = Compile(MlpBuilder(4).Add(2, "identity"));
  for (size_t reactor = 0; reactor < kReactors; ++reactor) {
    std::fill_n(model->executor(reactor).input(), 4, 1.0f);
    EXPECT_THAT(model->executor(reactor).Run(1, false), IsOk());
    model->cells(reactor).rows.Add(reactor);
  }
  EXPECT_NE(&model->executor(0), &model->executor(1));
  EXPECT_EQ(model->cells(1).rows.Get(), 1u);
  EXPECT_EQ(model->cells(2).rows.Get(), 2u);
}

TEST_F(ModelCompilerTest, WarmsUpWithoutCounting) {
  const auto model = Compile(MlpBuilder(4).Add(2, "relu"));
  EXPECT_EQ(model->cells(0).rows.Get(), 0u);
  EXPECT_EQ(model->cells(0).layers[0].sampled.Get(), 0u);
}

TEST_F(ModelCompilerTest, KeepsTheOptions) {
  const repository::ServingOptions options{
      .compute = {.backend = Backend::kFallback, .allow_non_finite = true},
      .limits = {.max_rows = 7},
      .versions = {2, {}}};
  const auto model = *compiler_.Compile("pets", 12, MlpBuilder(4).Add(2, "relu").Share(), options);
  EXPECT_EQ(model->options(), options);
}

// The clock ticks whenever it is read: at the start and end of each run of the cost probe.
TEST_F(ModelCompilerTest, MeasuresTheCostOfARowOnItsOwnClock) {
  const FakeClock slow(1'000'000);
  ModelCompiler compiler(kReactors, registry_, clock_, &slow);
  const auto mlp = MlpBuilder(4).Add(2, "relu").Share();
  const auto on_slow = *compiler.Compile("pets", 12, mlp, {});
  const auto on_fast = *compiler_.Compile("pets", 12, mlp, {});
  EXPECT_GT(on_slow->cost().first_row, 100 * on_fast->cost().first_row);
  EXPECT_LT(on_slow->cost().block_rows, on_fast->cost().block_rows);
  EXPECT_GE(on_slow->cost().block_rows, kMinBlockRows);
}

TEST_F(ModelCompilerTest, RefusesAModelWhoseAnswersBf16MovesTooFar) {
  if (!kernel::onednn::IsFast(Precision::kBf16)) GTEST_SKIP() << SpecOf(Precision::kBf16).slow_cpu;
  repository::ServingOptions options{
      .compute = {.backend = Backend::kOneDnn, .precision = Precision::kBf16}};
  const auto compile = [&] {
    const auto mlp = MlpBuilder(64).Add(32, "tanh").Add(2, "softmax").Share();
    return compiler_.Compile("pets", 12, mlp, options).status();
  };
  EXPECT_THAT(compile(), IsOk());
  options.compute.precision_tolerance = 1e-6;
  EXPECT_THAT(compile(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  HasSubstr("want at most precision_tolerance 1e-06")));
}

TEST_F(ModelCompilerTest, GivesUpWhenTheServerStops) {
  std::stop_source stop;
  ModelCompiler compiler(kReactors, registry_, clock_, nullptr, stop.get_token());
  const auto compile = [&] {
    return compiler.Compile("pets", 12, MlpBuilder(4).Add(2, "relu").Share(), {}).status();
  };
  EXPECT_THAT(compile(), IsOk());
  stop.request_stop();
  EXPECT_THAT(compile(), StatusIs(absl::StatusCode::kUnavailable, "the server is shutting down"));
}

}  // namespace
}  // namespace hillock::lifecycle
