// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/stats.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/client/metrics/sample_stats.h"

namespace hillock::client {
namespace {

TEST(SummarizeTest, AddsUpPathsOfAnActivation) {
  const Stats stats = Parsed(kSampleMetrics);
  ASSERT_EQ(stats.activations.size(), 2u);
  const ActivationStats& relu = stats.activations[1];
  EXPECT_EQ(relu.activation, "relu");
  EXPECT_EQ(relu.backend, "onednn");
  EXPECT_EQ(relu.elements, 1'002'000);
  EXPECT_EQ(relu.passes.count, 10);
  EXPECT_DOUBLE_EQ(relu.NanosPerElement(), 5);
  EXPECT_DOUBLE_EQ(relu.ElementsPerSecond(), 2e8);
  EXPECT_DOUBLE_EQ(relu.passes.Mean(), 1e-6);
  EXPECT_DOUBLE_EQ(relu.passes.Quantile(0.5), 1e-6);
  EXPECT_DOUBLE_EQ(relu.layers.Mean(), 2.5e-5);
}

TEST(SummarizeTest, AnActivationThatWasNeverTimedHasNoTime) {
  const ActivationStats ncu = Parsed(kSampleMetrics).activations[0];
  EXPECT_EQ(ncu.activation, "ncu");
  EXPECT_TRUE(std::isnan(ncu.NanosPerElement()));
  EXPECT_TRUE(std::isnan(ncu.ElementsPerSecond()));
  EXPECT_TRUE(std::isnan(ncu.layers.Mean()));
}

TEST(SummarizeTest, AddsUpVersionsOfAModel) {
  const Stats stats = Parsed(kSampleMetrics);
  ASSERT_EQ(stats.models.size(), 1u);
  const ModelStats& digits = stats.models[0];
  EXPECT_EQ(digits.requests.at("OK"), 120);
  EXPECT_EQ(digits.requests.at("INVALID_ARGUMENT"), 3);
  EXPECT_EQ(digits.rows, 360);
  EXPECT_EQ(digits.batch_rows.Mean(), 4);
  EXPECT_DOUBLE_EQ(digits.stages.at("total").Quantile(0.5), 5e-4);
}

}  // namespace
}  // namespace hillock::client
