// SPDX-License-Identifier: Apache-2.0

// The tiles of wide dense layers, and both backends computing them.

#include "server/core/kernel/output_tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"

namespace hillock::kernel {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::Random;
using ::hillock::testing::RoundedToBf16;
using ::testing::ElementsAre;

std::vector<size_t> WidthsOf(size_t inputs, size_t outputs) {
  std::vector<size_t> widths;
  for (const OutputTile& tile : TilesOf(inputs, outputs)) widths.push_back(tile.outputs);
  return widths;
}

TEST(TilesOf, LeavesWhatIsSmallInOne) {
  EXPECT_THAT(WidthsOf(1, 1), ElementsAre(1));
  EXPECT_THAT(WidthsOf(784, 512), ElementsAre(512));
  EXPECT_THAT(WidthsOf(1024, 512), ElementsAre(512));
}

TEST(TilesOf, CutsWhatIsWideEvenly) {
  EXPECT_THAT(WidthsOf(1024, 513), ElementsAre(320, 193));
  EXPECT_THAT(WidthsOf(1024, 1024), ElementsAre(512, 512));
  EXPECT_THAT(WidthsOf(2048, 1000), ElementsAre(256, 256, 256, 232));
  EXPECT_THAT(WidthsOf(1, 600'000), ElementsAre(300'032, 299'968));
}

TEST(TilesOf, MakesNoPieceTooNarrowHoweverManyInputs) {
  EXPECT_THAT(WidthsOf(1'000'000, 10), ElementsAre(10));
  EXPECT_THAT(WidthsOf(1'000'000, 100), ElementsAre(64, 36));
}

TEST(TilesOf, CoversEveryOutputOnce) {
  for (const size_t inputs : {1u, 7u, 784u, 2048u, 100'000u}) {
    for (size_t outputs = 1; outputs < 5000; outputs += 13) {
      size_t next = 0;
      for (const OutputTile& tile : TilesOf(inputs, outputs)) {
        ASSERT_EQ(tile.first, next) << inputs << "x" << outputs;
        ASSERT_GT(tile.outputs, 0u) << inputs << "x" << outputs;
        next += tile.outputs;
        ASSERT_TRUE(next >= outputs || tile.outputs % kTileStep == 0) << inputs << "x" << outputs;
      }
      ASSERT_EQ(next, outputs) << inputs << "x" << outputs;
    }
  }
}

constexpr size_t kInputs = 2048;
constexpr size_t kOutputs = 600;  // of which the last tile has fewer than the others
constexpr size_t kRows = 16;
constexpr float kUntouched = -12345;

// A layer of three tiles, and its rows.
class PiecewiseDense : public ::testing::Test {
 protected:
  PiecewiseDense() { EXPECT_EQ(pieces_.size(), 3u); }

  std::unique_ptr<onednn::Dense> OnOneDnn(Precision precision,
                                          const std::optional<onednn::Algorithm>& fused) const {
    const size_t buckets[] = {4, kRows};
    auto dense =
        onednn::Dense::Create(kInputs, kOutputs, weights_, bias_, buckets, fused, precision);
    EXPECT_THAT(dense, IsOk());
    return *std::move(dense);
  }

  // In double, over what the precision makes of the inputs and weights.
  double Reference(size_t row, size_t output, Precision precision) const {
    double sum = bias_[output];
    for (size_t i = 0; i < kInputs; ++i) {
      const double x = src_[row * kInputs + i];
      const double w = weights_[output * kInputs + i];
      const bool bf16 = precision == Precision::kBf16;
      sum += bf16 ? RoundedToBf16(x) * RoundedToBf16(w) : x * w;
    }
    return sum;
  }

  void ExpectAnswers(const std::vector<float>& dst, Precision precision, bool relu) const {
    for (size_t row = 0; row < kRows; ++row) {
      for (size_t output = 0; output < kOutputs; ++output) {
        const double sum = Reference(row, output, precision);
        ASSERT_NEAR(dst[row * kOutputs + output], relu ? std::max(sum, 0.0) : sum, 1e-3)
            << "row " << row << ", output " << output;
      }
    }
  }

  // That just the first `outputs` of each row have been written.
  static void ExpectWritten(const std::vector<float>& dst, size_t outputs) {
    for (size_t i = 0; i < dst.size(); ++i) {
      ASSERT_EQ(dst[i] != kUntouched, i % kOutputs < outputs) << "element " << i;
    }
  }

  const std::vector<OutputTile> pieces_ = TilesOf(kInputs, kOutputs);
  const std::vector<float> weights_ = Random(1).Floats(kInputs * kOutputs, -1, 1);
  const std::vector<float> bias_ = Random(2).Floats(kOutputs, -1, 1);
  const std::vector<float> src_ = Random(3).Floats(kInputs * kRows, -1, 1);
  std::vector<float> dst_ = std::vector<float>(kOutputs * kRows, kUntouched);
};

TEST_F(PiecewiseDense, OfTheFallbackWritesItsOwnOutputsOnly) {
  const fallback::Dense dense(kInputs, kOutputs, weights_, bias_);
  for (const OutputTile& tile : pieces_) {
    dense.RunTile(tile, src_.data(), dst_.data(), kRows);
    ExpectWritten(dst_, tile.first + tile.outputs);
  }
  ExpectAnswers(dst_, Precision::kF32, false);
}

TEST_F(PiecewiseDense, OfTheFallbackIsTheWholeBitForBit) {
  const fallback::Dense dense(kInputs, kOutputs, weights_, bias_);
  for (const OutputTile& tile : pieces_) dense.RunTile(tile, src_.data(), dst_.data(), kRows);
  std::vector<float> whole(dst_.size());
  dense.Run(src_.data(), whole.data(), kRows);
  EXPECT_EQ(dst_, whole);
}

TEST_F(PiecewiseDense, OfOneDnnWritesItsOwnOutputsOnly) {
  const auto dense = OnOneDnn(Precision::kF32, std::nullopt);
  onednn::Workspace workspace(dense->scratch_bytes());
  onednn::Call call = dense->Bind(1, false, src_.data(), dst_.data(), workspace);
  for (size_t i = 0; i < pieces_.size(); ++i) {
    ASSERT_TRUE(call.RunTile(i));
    ExpectWritten(dst_, pieces_[i].first + pieces_[i].outputs);
  }
  ExpectAnswers(dst_, Precision::kF32, false);
}

// In the smaller bucket, whose scratch lies elsewhere, only so many rows.
TEST_F(PiecewiseDense, OfOneDnnKeepsToItsBucket) {
  const auto dense = OnOneDnn(Precision::kF32, std::nullopt);
  if (!dense->implementation().starts_with("brg")) {
    GTEST_SKIP() << dense->implementation() << " adds in another order in another bucket";
  }
  onednn::Workspace workspace(dense->scratch_bytes());
  ASSERT_TRUE(dense->Bind(1, false, src_.data(), dst_.data(), workspace).Run());
  std::vector<float> four(dst_.size(), kUntouched);
  ASSERT_TRUE(dense->Bind(0, false, src_.data(), four.data(), workspace).Run());
  for (size_t i = 0; i < four.size(); ++i) {
    ASSERT_EQ(four[i], i < 4 * kOutputs ? dst_[i] : kUntouched) << "element " << i;
  }
}

TEST_F(PiecewiseDense, OfOneDnnCanHaveItsActivationFused) {
  const auto dense = OnOneDnn(Precision::kF32, onednn::Algorithm{"eltwise_relu"});
  onednn::Workspace workspace(dense->scratch_bytes());
  ASSERT_TRUE(dense->Bind(1, true, src_.data(), dst_.data(), workspace).Run());
  ExpectAnswers(dst_, Precision::kF32, true);
  ASSERT_TRUE(dense->Bind(1, false, src_.data(), dst_.data(), workspace).Run());
  ExpectAnswers(dst_, Precision::kF32, false);
}

TEST_F(PiecewiseDense, OfOneDnnCanBeInBf16) {
  if (!onednn::IsFast(Precision::kBf16)) GTEST_SKIP() << "this CPU has neither AVX512_BF16 nor AMX";
  const auto dense = OnOneDnn(Precision::kBf16, std::nullopt);
  onednn::Workspace workspace(dense->scratch_bytes());
  ASSERT_TRUE(dense->Bind(1, false, src_.data(), dst_.data(), workspace).Run());
  ExpectAnswers(dst_, Precision::kBf16, false);
  EXPECT_LT(dense->bytes(), kInputs * kOutputs * 3);
}

}  // namespace
}  // namespace hillock::kernel
