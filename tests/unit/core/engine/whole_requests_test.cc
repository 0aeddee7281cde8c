// SPDX-License-Identifier: Apache-2.0

// Plans whose answers depend on all rows of a request.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;

constexpr size_t kWidth = 5;

// Quantizes what goes in, and what a layer makes of it.
model::Mlp Quantizing() {
  return MlpBuilder(kWidth)
      .Add(model::DynamicQuantize{}, {0}, kWidth)
      .Add(7, "relu")
      .Add(model::DynamicQuantize{}, {2}, 7, "tanh")
      .Add(3, "identity")
      .Build();
}

TEST(WholeRequests, AreReadByStepsThatQuantizeThem) {
  EXPECT_TRUE(Plan::Compile(Quantizing(), {})->reads_whole_requests());
  EXPECT_FALSE(Plan::Compile(MlpBuilder(2).Add(2, "relu").Build(), {})->reads_whole_requests());
}

// Bit for bit, together and alone, profiled or not.
TEST(WholeRequests, HaveTheSameAnswersBesideOthers) {
  const std::vector<size_t> requests = {1, 9, 3, 40};
  const size_t rows = 53;
  Engine engine(Quantizing(), PlanOptions{});
  // Each request has a range of its own.
  std::vector<float> x;
  for (size_t i = 0; i < requests.size(); ++i) {
    const float high = static_cast<float>(i + 1);
    const auto part =
        testing::Random(static_cast<uint32_t>(i)).Floats(requests[i] * kWidth, -1, high);
    x.insert(x.end(), part.begin(), part.end());
  }
  for (const bool profile : {false, true}) {
    std::ranges::copy(x, engine.executor().input());
    ASSERT_THAT(engine.executor().Run(rows, profile, nullptr, requests), IsOk());
    const std::vector<float> together(engine.executor().output(),
                                      engine.executor().output() + rows * 3);
    size_t first = 0;
    for (const size_t count : requests) {
      const auto alone = engine.Answer(std::span(x).subspan(first * kWidth, count * kWidth));
      const auto among = std::span(together).subspan(first * 3, count * 3);
      EXPECT_TRUE(std::ranges::equal(alone, among)) << "the request of " << count << " rows";
      first += count;
    }
  }
}

TEST(WholeRequests, ChangeTheAnswersOfTheirRows) {
  Engine engine(Quantizing(), PlanOptions{});
  std::vector<float> x = {0.1f, -0.2f, 0.3f, -0.4f, 0.5f};
  const std::vector<float> alone = engine.Answer(x);
  x.insert(x.end(), kWidth, 100);
  const std::vector<float> beside = engine.Answer(x);
  EXPECT_FALSE(std::ranges::equal(alone, std::span(beside).first(3)));
}

}  // namespace
}  // namespace hillock::engine
