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
using ::hillock::testing::Random;
using ::hillock::testing::RandomGraph;

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

class Graph : public ::testing::TestWithParam<std::optional<Backend>> {
 protected:
  static void ExpectReference(const model::Mlp& mlp, std::span<const float> rows,
                              const std::vector<std::vector<float>>& got, double tolerance = 0) {
    const bool fallback_only = GetParam() == Backend::kFallback;
    for (size_t r = 0; r < kRows; ++r) {
      const auto row = rows.subspan(r * mlp.input_width(), mlp.input_width());
      for (size_t output = 0; output < got.size(); ++output) {
        const std::vector<Approximate> want = Evaluate(mlp, row, fallback_only, output);
        for (size_t c = 0; c < want.size(); ++c) {
          known_ += std::isfinite(want[c].error);
          ++all_;
          const float value = got[output][r * want.size() + c];
          if (std::isinf(want[c].error)) continue;
          ASSERT_LE(std::abs(double{value} - want[c].value),
                    want[c].error + tolerance * (1 + std::abs(want[c].value)))
              << "row " << r << ", output " << output << ", column " << c << ": got " << value
              << ", want " << want[c].value;
        }
      }
    }
  }

  static inline size_t known_ = 0;
  static inline size_t all_ = 0;
};

TEST_P(Graph, AnswersWithEveryOutput) {
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const model::Mlp mlp = RandomGraph(seed, kActivations);
    const std::vector<float> rows = RowsFor(mlp, seed);
    Engine engine(mlp, GetParam());
    for (const bool profile : {false, true}) {
      engine.Answer(rows, profile);
      ExpectReference(mlp, rows, OutputsOf(engine, kRows));
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(known_, all_ / 2) << "too few can be compared";
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

}  // namespace
}  // namespace hillock::engine
