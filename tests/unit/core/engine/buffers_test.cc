// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/buffers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/support/mlp_builder.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::MlpBuilder;
using ::hillock::testing::RandomGraph;
using ::hillock::testing::RandomTree;
using ::hillock::testing::UniformMlp;
using ::testing::ElementsAre;

BufferPlan BuffersOf(const model::Mlp& mlp) {
  return PlanBuffers(*Plan::Compile(mlp, {{.backend = Backend::kFallback}}));
}

TEST(PlanBuffers, TakesTwoForAChain) {
  const BufferPlan buffers = BuffersOf(UniformMlp({3, 5, 9, 7, 8, 2}, "relu", 1));
  EXPECT_THAT(buffers.of_step, ElementsAre(0, 1, 0, 1, 0));
  EXPECT_THAT(buffers.floats, ElementsAre(7, 9));
}

TEST(PlanBuffers, TakesOneForOneLayer) {
  EXPECT_THAT(BuffersOf(UniformMlp({3, 5}, "relu", 1)).floats, ElementsAre(5));
}

TEST(PlanBuffers, KeepsATrunkUntilItsLastReader) {
  const BufferPlan buffers = BuffersOf(MlpBuilder(3)
                                           .Add(8, "relu")
                                           .Add(6, "relu")
                                           .Add(2, "identity")
                                           .Output("a")
                                           .From(1)
                                           .Add(4, "identity")
                                           .Output("b")
                                           .Build());
  // The second layer's is free again when the fourth comes; the trunk's is not.
  EXPECT_THAT(buffers.of_step, ElementsAre(0, 1, 2, 1));
  EXPECT_THAT(buffers.floats, ElementsAre(8, 6, 2));
}

TEST(PlanBuffers, KeepsAnOutputToTheEnd) {
  const BufferPlan buffers = BuffersOf(
      MlpBuilder(3).Add(8, "relu").Output("a").Add(5, "relu").Add(5, "relu").Output("b").Build());
  EXPECT_THAT(buffers.of_step, ElementsAre(0, 1, 2));
}

TEST(PlanBuffers, WritesASumOverWhatNobodyElseReads) {
  const BufferPlan buffers = BuffersOf(MlpBuilder(3)
                                           .Add(4, "relu")
                                           .Add(4, "relu")
                                           .Combine("add", {1, 2})
                                           .Combine("mul", {3, 1})
                                           .Reduce("sum", 4, 2)
                                           .Output("a", 2)
                                           .Output("b", 5)
                                           .Build());
  // The sum cannot have the place of an output, nor of what the product reads; that has the sum's.
  EXPECT_THAT(buffers.of_step, ElementsAre(0, 1, 2, 2, 0));
}

// Every value lies untouched where it was written until whoever needs it has run.
TEST(PlanBuffers, NeverOverwriteWhatIsStillNeeded) {
  constexpr std::string_view kActivations[] = {"relu"};
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    const auto mlp =
        seed % 2 == 0 ? RandomTree(seed, kActivations) : RandomGraph(seed, kActivations);
    const auto plan = Plan::Compile(mlp, {{.backend = Backend::kFallback}});
    const BufferPlan buffers = PlanBuffers(*plan);
    std::vector<ValueId> holds(buffers.floats.size());  // the value in each buffer
    const auto buffer_of = [&](ValueId value) { return buffers.of_step[StepOf(value)]; };
    const auto there = [&](ValueId value) {
      return value == ValueId::kInput || holds[buffer_of(value)] == value;
    };
    for (size_t i = 0; i < plan->steps().size(); ++i) {
      const size_t own = buffers.of_step[i];
      for (const ValueId source : SourcesOf(plan->steps()[i])) {
        ASSERT_TRUE(there(source)) << "seed " << seed << ", step " << i;
        ASSERT_TRUE(source == ValueId::kInput || buffer_of(source) != own ||
                    MayWriteOver(plan->steps()[i], source))
            << "seed " << seed << ", step " << i;
      }
      ASSERT_GE(buffers.floats[own], OutputsOf(plan->steps()[i])) << "seed " << seed;
      holds[own] = model::OutputOf(i);
    }
    for (const ValueId output : plan->outputs()) ASSERT_TRUE(there(output)) << "seed " << seed;
    for (size_t i = 0; i < plan->steps().size(); ++i) {
      const auto writers = std::ranges::count(buffers.of_step, buffers.of_step[i]);
      ASSERT_TRUE(!IsConstant(plan->steps()[i]) || writers == 1) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace hillock::engine
