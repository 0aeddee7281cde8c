// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/support/allocations.h"
#include "tests/support/mlp_builder.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::MlpBuilder;

class Allocations : public ::testing::TestWithParam<EngineCase> {};

void RunEveryBucket(Executor& executor, bool profile) {
  for (const size_t rows : kBuckets) {
    std::fill_n(executor.input(), rows * executor.plan().inputs(), 0.5f);
    const bool ok = executor.Run(rows, profile).ok();
    ASSERT_TRUE(ok) << rows;
  }
}

// oneDNN itself makes a list of its arguments whenever a primitive is called.
constexpr size_t kOneDnnCount = 8;
constexpr size_t kOneDnnBytes = 1024;

// Calls of oneDNN in a run of every bucket.
size_t OneDnnCalls(const Plan& plan, bool profile) {
  size_t calls = 0;
  for (const DenseStep* step : DenseStepsOf(plan)) {
    for (size_t b = 0; b < kBuckets.size(); ++b) {
      if (step->selection.dense_backend(b) == Backend::kOneDnn) ++calls;
      if (step->onednn_activation && (profile || !step->is_fused(b))) ++calls;
    }
  }
  return calls;
}

TEST_P(Allocations, AreNoneOfOursOnceARunHasWarmedUp) {
  const auto name = GetParam().spec->name;
  const auto mlp = MlpBuilder(16).Add(64, name).Add(33, name).Normalized().Add(1, name).Build();
  Engine engine(mlp, GetParam().Options());
  for (const bool profile : {false, true}) RunEveryBucket(engine.executor(), profile);
  for (const bool profile : {false, true}) {
    const size_t calls = OneDnnCalls(engine.plan(), profile);
    const AllocationMeter meter;
    RunEveryBucket(engine.executor(), profile);
    EXPECT_LE(meter.count(), calls * kOneDnnCount) << calls << " calls of oneDNN";
    EXPECT_LE(meter.largest(), calls == 0 ? 0 : kOneDnnBytes);
  }
}

// A layer of each kind of row operation.
model::Mlp EveryOperation() {
  return MlpBuilder(4)
      .Add(model::Scale{{1, 2, 3, 4}, {0, 0, 0, 0}}, {0}, 4, "relu")
      .Add(model::Select{{3, 0, 5}}, {0, 1}, 3)
      .Add(model::Constant{{1, 2, 3}}, {}, 3)
      .Combine("mul", {2, 3}, "tanh")
      .Combine("pow", {4, 3})
      .Reduce("log_sum_exp", 5, 1)
      .Add(model::Normalize{true, 1e-5f, 3, {}, {}}, {4}, 3, "softmax")
      .Add(model::Lookup{{}, true, 2, {1, 2, 3, 4}, {0, 0}}, {6}, 2)
      .Add(model::DynamicQuantize{}, {8}, 2)
      .Output("quantized", 9)
      .Output("normalized", 7)
      .Build();
}

TEST(AllocationsOfRowSteps, AreNone) {
  Engine engine(EveryOperation(), PlanOptions{});
  for (const bool profile : {false, true}) {
    const AllocationMeter meter;
    RunEveryBucket(engine.executor(), profile);
    EXPECT_EQ(meter.count(), 0u);
  }
}

TEST(AllocationMeter, SeesAnAllocation) {
  const AllocationMeter meter;
  const std::vector<float> floats(100);
  EXPECT_EQ(meter.count(), 1u);
  EXPECT_EQ(meter.largest(), 400u);
}

INSTANTIATE_TEST_SUITE_P(Every, Allocations, ::testing::ValuesIn(EveryEngineCase()), CaseName);

}  // namespace
}  // namespace hillock::engine
