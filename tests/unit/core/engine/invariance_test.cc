// SPDX-License-Identifier: Apache-2.0

// A row's answer is the same, bit for bit, whatever batch it rode in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::Random;
using ::hillock::testing::UniformMlp;

constexpr uint32_t kSeed = 23;

// Single columns and longer sums are where a library might choose another way. One activation has
// a layer of three tiles as well, to which the others would add nothing but time.
std::vector<std::vector<size_t>> ShapesFor(const EngineCase& c) {
  auto shapes = kShapes;
  if (c.spec->name == "relu") shapes.push_back({2048, 600, 2});
  for (const std::vector<size_t>& more :
       std::vector<std::vector<size_t>>{{64, 1}, {300, 33, 1}, {784, 128, 10}}) {
    shapes.push_back(more);
  }
  return shapes;
}

bool SameBits(std::span<const float> a, std::span<const float> b) {
  return std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// A model, its engine, and the answers it gives when all rows ride together.
class Ride {
 public:
  Ride(const EngineCase& c, const std::vector<size_t>& widths)
      : case_(c),
        engine_(UniformMlp(widths, c.spec->name, kSeed), c.Options()),
        inputs_(widths.front()),
        outputs_(widths.back()),
        rows_(Random(kSeed).Floats(kMaxRows * inputs_, -2, 2)) {}

  std::span<const float> Rows(size_t first, size_t count) const {
    return std::span(rows_).subspan(first * inputs_, count * inputs_);
  }

  // The answers to all rows, as they came out of the largest batch.
  std::vector<float> Together(bool profile) { return engine_.Answer(rows_, profile); }

  // Rides rows [first, first + count) as a batch of their own and counts those whose answers differ
  // from `together`.
  size_t CountDifferent(const std::vector<float>& together, size_t first, size_t count,
                        bool profile) {
    const auto alone = engine_.Answer(Rows(first, count), profile);
    size_t different = 0;
    for (size_t row = 0; row < count; ++row) {
      const auto got = std::span(alone).subspan(row * outputs_, outputs_);
      const auto want = std::span(together).subspan((first + row) * outputs_, outputs_);
      if (SameBits(got, want)) continue;
      if (different++ == 0) Describe(got, want, first + row, count);
    }
    return different;
  }

  // The answer to row `row` of `count` when all its neighbours hold `value`.
  std::vector<float> Among(float value, size_t row, size_t count) {
    std::vector<float> batch(count * inputs_, value);
    std::ranges::copy(Rows(row, 1), batch.begin() + static_cast<std::ptrdiff_t>(row * inputs_));
    const auto answers = engine_.Answer(batch);
    const auto at = std::span(answers).subspan(row * outputs_, outputs_);
    return {at.begin(), at.end()};
  }

  std::vector<float> Alone(size_t row) { return engine_.Answer(Rows(row, 1)); }

  // How far split answers to the first `count` rows are from those on the planned path, relatively.
  double WorstOfSplit(size_t count) {
    const auto planned = engine_.Answer(Rows(0, count), false);
    const auto split = engine_.Answer(Rows(0, count), true);
    double worst = 0;
    for (size_t i = 0; i < planned.size(); ++i) {
      if (SameBits({&split[i], 1}, {&planned[i], 1})) continue;
      const double difference = std::abs(double{split[i]} - double{planned[i]});
      worst = std::max(worst, difference / std::max(1e-30, std::abs(double{planned[i]})));
    }
    return worst;
  }

  // What the first difference was.
  const std::string& what() const { return what_; }

 private:
  void Describe(std::span<const float> got, std::span<const float> want, size_t row, size_t count) {
    const size_t i = static_cast<size_t>(std::ranges::mismatch(got, want,
                                                               [](float a, float b) {
                                                                 return SameBits({&a, 1}, {&b, 1});
                                                               })
                                             .in1 -
                                         got.begin());
    what_ = case_.Name() + ": row " + std::to_string(row) + ", output " + std::to_string(i) +
            " in a batch of " + std::to_string(count) + ": got " +
            ::testing::PrintToString(got[i]) + ", with all rows together " +
            ::testing::PrintToString(want[i]) + ", seed " + std::to_string(kSeed);
  }

  EngineCase case_;
  Engine engine_;
  size_t inputs_;
  size_t outputs_;
  std::vector<float> rows_;
  std::string what_;
};

class Invariance : public ::testing::TestWithParam<EngineCase> {
 protected:
  static void ExpectTheSame(bool profile) {
    for (const auto& widths : ShapesFor(GetParam())) {
      Ride ride(GetParam(), widths);
      const auto together = ride.Together(profile);
      for (const size_t count : RowCounts()) {
        size_t different = 0;
        for (size_t first = 0; first + count <= kMaxRows; first += std::max<size_t>(1, count / 3)) {
          different += ride.CountDifferent(together, first, count, profile);
        }
        EXPECT_EQ(different, 0u) << ::testing::PrintToString(widths) << ", batches of " << count
                                 << ", for example " << ride.what();
      }
    }
  }
};

TEST_P(Invariance, HoldsForEverySizeOfBatchAndPlaceInIt) { ExpectTheSame(false); }

TEST_P(Invariance, HoldsInProfiledBatches) { ExpectTheSame(true); }

TEST_P(Invariance, HoldsWhateverTheNeighboursAre) {
  const float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const auto& widths : ShapesFor(GetParam())) {
    Ride ride(GetParam(), widths);
    for (const auto& [row, count] :
         {std::pair<size_t, size_t>{0, 2}, {7, 8}, {5, 17}, {100, 256}}) {
      const auto alone = ride.Alone(row);
      for (const float neighbour : {0.0f, 1e30f, -3e38f, kNan}) {
        EXPECT_TRUE(SameBits(ride.Among(neighbour, row, count), alone))
            << GetParam() << " " << ::testing::PrintToString(widths) << ", row " << row << " of "
            << count << " among " << neighbour;
      }
    }
  }
}

// A profiled batch, with activations in passes of their own, answers as a fused one does.
TEST_P(Invariance, HoldsBetweenFusedAndSplitPaths) {
  for (const auto& widths : ShapesFor(GetParam())) {
    Ride ride(GetParam(), widths);
    for (const size_t count : RowCounts()) {
      const double worst = ride.WorstOfSplit(count);
      EXPECT_EQ(worst, 0) << GetParam() << " " << ::testing::PrintToString(widths)
                          << ", batches of " << count << ": the worst relative difference";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Invariance, ::testing::ValuesIn(EveryEngineCase()), CaseName);

}  // namespace
}  // namespace hillock::engine
