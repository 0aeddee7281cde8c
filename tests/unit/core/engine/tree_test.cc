// SPDX-License-Identifier: Apache-2.0

// Trees of layers with several outputs, against an evaluation in double precision.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "server/core/engine/rewrite/rewrite.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::Approximate;
using ::hillock::testing::Evaluate;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::Random;
using ::hillock::testing::RandomTree;

constexpr size_t kRows = 11;
constexpr std::string_view kActivations[] = {"identity", "relu", "tanh", "softmax", "mish"};

class Tree : public ::testing::TestWithParam<std::optional<Backend>> {
 protected:
  static bool fallback_only() { return GetParam() == Backend::kFallback; }

  // Output number `output` for all rows of the last run.
  static std::vector<float> OutputOf(Engine& engine, size_t output) {
    const size_t width = engine.plan().width(engine.plan().outputs()[output]);
    const float* const from = engine.executor().output(output);
    return {from, from + kRows * width};
  }
};

TEST_P(Tree, AnswersWithEveryOutput) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    const model::Mlp mlp = RandomTree(seed, kActivations);
    const std::vector<float> rows = Random(seed).Floats(kRows * mlp.input_width(), -2, 2);
    Engine engine(mlp, GetParam());
    for (const bool profile : {false, true}) {
      engine.Answer(rows, profile);
      for (size_t output = 0; output < mlp.outputs.size(); ++output) {
        const std::vector<float> got = OutputOf(engine, output);
        for (size_t i = 0; i < got.size(); ++i) {
          const size_t width = got.size() / kRows;
          const auto row =
              std::span(rows).subspan(i / width * mlp.input_width(), mlp.input_width());
          const Approximate want = Evaluate(mlp, row, fallback_only(), output)[i % width];
          ASSERT_LE(std::abs(double{got[i]} - want.value), want.error)
              << "seed " << seed << ", output " << output << ", element " << i << ": got " << got[i]
              << ", want " << want.value;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Tree,
                         ::testing::Values(std::nullopt, Backend::kOneDnn, Backend::kFallback),
                         [](const auto& test) { return std::string(BackendName(test.param)); });

// A head's answer does not depend on the heads beside it.
TEST(Trees, AnswerAsTheirHeadsDoAlone) {
  const model::Mlp both = MlpBuilder(7)
                              .Add(9, "relu")
                              .Add(4, "softmax")
                              .Output("class")
                              .From(1)
                              .Add(1, "tanh")
                              .Output("value")
                              .Build();
  model::Mlp alone = both;
  alone.layers.pop_back();
  alone.outputs.pop_back();
  const std::vector<float> rows = Random(1).Floats(kRows * 7, -2, 2);
  EXPECT_EQ(Engine(both, std::nullopt).Answer(rows), Engine(alone, std::nullopt).Answer(rows));
}

TEST(Trees, KeepTheirAnswersWhenRewritten) {
  constexpr std::string_view kMostlyIdentity[] = {"identity", "identity", "relu"};
  size_t collapsed = 0;
  size_t folded = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const model::Mlp mlp = RandomTree(seed, kMostlyIdentity);
    const std::vector<float> rows = Random(seed).Floats(mlp.input_width(), -2, 2);
    const auto rewritten = Rewrite(mlp);
    ASSERT_THAT(model::Validate(rewritten.mlp), IsOk()) << "seed " << seed;
    for (const std::string& note : rewritten.notes) {
      collapsed += note.starts_with("collapsed");
      folded += note.starts_with("folded");
    }
    Engine engine(rewritten.mlp, Backend::kFallback);
    engine.Answer(rows);
    for (size_t output = 0; output < mlp.outputs.size(); ++output) {
      const auto want = Evaluate(mlp, rows, true, output);
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_NEAR(engine.executor().output(output)[i], want[i].value,
                    kRewriteTolerance * (1 + std::abs(want[i].value)))
            << "seed " << seed << ", output " << output << ", column " << i;
      }
    }
  }
  EXPECT_GT(collapsed, 50u);
  EXPECT_GT(folded, 50u);
}

}  // namespace
}  // namespace hillock::engine
