#include "server/core/engine/buffers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/support/mlp_builder.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::MlpBuilder;
using ::hillock::testing::RandomTree;
using ::hillock::testing::UniformMlp;
using ::testing::ElementsAre;

BufferPlan BuffersOf(const model::Mlp& mlp) {
  return PlanBuffers(*Plan::Compile(mlp, {.backend = Backend::kFallback}));
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

// Every value lies untouched where it was written until whoever needs it has run.
TEST(PlanBuffers, NeverOverwriteWhatIsStillNeeded) {
  constexpr std::string_view kActivations[] = {"relu"};
  for (uint32_t seed = 0; seed < 500; ++seed) {
    const auto plan =
        Plan::Compile(RandomTree(seed, kActivations), {.backend = Backend::kFallback});
    const BufferPlan buffers = PlanBuffers(*plan);
    std::vector<size_t> holds(buffers.floats.size());  // the number of the value in each buffer
    const auto there = [&](size_t value) {
      return value == 0 || holds[buffers.of_step[value - 1]] == value;
    };
    for (size_t i = 0; i < plan->steps().size(); ++i) {
      const Step& step = plan->steps()[i];
      ASSERT_TRUE(there(step.source)) << "seed " << seed << ", step " << i;
      ASSERT_TRUE(step.source == 0 || buffers.of_step[step.source - 1] != buffers.of_step[i])
          << "seed " << seed << ", step " << i;
      ASSERT_GE(buffers.floats[buffers.of_step[i]], step.outputs) << "seed " << seed;
      holds[buffers.of_step[i]] = i + 1;
    }
    for (const size_t output : plan->outputs()) ASSERT_TRUE(there(output)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace hillock::engine
