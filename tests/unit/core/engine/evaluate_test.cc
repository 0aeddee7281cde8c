// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/evaluate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::MlpBuilder;
using ::hillock::testing::Random;

class EvaluateRows : public ::testing::TestWithParam<size_t> {};

TEST_P(EvaluateRows, GivesAllOutputsOfARowSideBySide) {
  const model::Mlp mlp =
      MlpBuilder(3).Add(4, "relu").Output("a").From(1).Add(2, "tanh").Output("b").Build();
  const auto plan = Plan::Compile(mlp, {{.backend = Backend::kFallback}});
  const std::vector<float> rows = Random(1).Floats(GetParam() * 3, -1, 1);
  const auto answers = Evaluate(plan, rows);
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_EQ(answers->size(), GetParam() * 6);
  Executor executor(plan, Clock::Monotonic());
  for (size_t row = 0; row < GetParam(); ++row) {
    std::copy_n(rows.data() + row * 3, 3, executor.input());
    ASSERT_TRUE(executor.Run(1, /*profile=*/false).ok());
    const float* const got = answers->data() + row * 6;
    EXPECT_TRUE(std::equal(got, got + 4, executor.output(0))) << "row " << row;
    EXPECT_TRUE(std::equal(got + 4, got + 6, executor.output(1))) << "row " << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Counts, EvaluateRows, ::testing::Values(0, 1, kMaxRows, kMaxRows + 3));

}  // namespace
}  // namespace hillock::engine
