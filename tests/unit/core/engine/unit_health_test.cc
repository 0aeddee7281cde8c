// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/unit_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "server/core/activation/activation.h"

namespace hillock::engine {
namespace {

using ::testing::Eq;
using ::testing::Optional;

// The health of two units, watched over batches of pre-activations.
class UnitHealthTest : public ::testing::Test {
 protected:
  static UnitHealth Watch(const std::string& activation, std::vector<float> slopes = {}) {
    const activation::Spec& spec = *activation::Find(activation);
    return {spec, *activation::ResolveParams(spec, {}), std::move(slopes), 2};
  }

  static void Show(UnitHealth& health, size_t batches, const std::vector<float>& values) {
    for (size_t i = 0; i < batches; ++i) health.Observe(values.data(), values.size() / 2);
  }

  static size_t SaturatedOf(const std::string& activation, const std::vector<float>& values,
                            std::vector<float> slopes = {}) {
    UnitHealth health = Watch(activation, std::move(slopes));
    const auto sample = health.Observe(values.data(), values.size() / 2);
    EXPECT_EQ(sample.elements, values.size());
    return sample.saturated;
  }
};

TEST_F(UnitHealthTest, CountsElementsWhoseDerivativeVanishes) {
  EXPECT_EQ(SaturatedOf("relu", {-1, 1, -2, 3}), 2u);
  EXPECT_EQ(SaturatedOf("sigmoid", {-7, 7, -6.8f, 6.8f}), 2u);
  EXPECT_EQ(SaturatedOf("tanh", {-5, 0, 4.1f, 4.2f}), 2u);
  EXPECT_EQ(SaturatedOf("step", {-5, 0, 4, 3}), 4u);
  EXPECT_EQ(SaturatedOf("identity", {-5, 0, 4, 3}), 0u);
}

TEST_F(UnitHealthTest, LooksAtTheOutputsOfARowFunction) {
  EXPECT_EQ(SaturatedOf("softmax", {1, 0, 0.3f, 0.7f}), 2u);
}

TEST_F(UnitHealthTest, TalliesInputsAndDerivatives) {
  UnitHealth relu = Watch("relu");
  const std::vector<float> values = {-1, 1, -2, 3};
  const auto sample = relu.Observe(values.data(), 2);
  EXPECT_EQ(sample.inputs.sum, 1);
  EXPECT_EQ(sample.derivatives.sum, 2);
  EXPECT_EQ(sample.derivatives.counts[0], 2u);
  UnitHealth softmax = Watch("softmax");
  const auto outputs = softmax.Observe(values.data(), 2);
  EXPECT_EQ(outputs.inputs.sum, 0) << "it looks at outputs";
  EXPECT_EQ(outputs.inputs.counts, activation::InputTally().counts);
}

TEST_F(UnitHealthTest, TakesEachUnitsOwnSlope) {
  EXPECT_EQ(SaturatedOf("prelu", {-1, -1, -2, -2}, {0.0f, 0.5f}), 2u);
  EXPECT_EQ(SaturatedOf("prelu", {1, 1, 2, 2}, {0.0f, 0.5f}), 0u);
}

TEST_F(UnitHealthTest, LooksAtAboutAThousandElements) {
  const std::vector<float> values(2 * 2000, 1.0f);
  UnitHealth health = Watch("relu");
  EXPECT_EQ(health.Observe(values.data(), 2000).elements, 1024u);
  EXPECT_EQ(health.Observe(values.data(), 3).elements, 6u);
}

TEST_F(UnitHealthTest, LooksAtOneRowOfAVeryWideLayer) {
  const activation::Spec& relu = *activation::Find("relu");
  UnitHealth health(relu, {}, {}, 5000);
  const std::vector<float> values(2 * 5000, -1.0f);
  const auto sample = health.Observe(values.data(), 2);
  EXPECT_EQ(sample.elements, 5000u);
  EXPECT_EQ(sample.saturated, 5000u);
}

TEST_F(UnitHealthTest, GivesNoVerdictBeforeTheWindowIsFull) {
  UnitHealth health = Watch("relu");
  Show(health, UnitHealth::kWindow - 1, {-1, 1});
  EXPECT_THAT(health.TakeDeadUnits(), Eq(std::nullopt));
}

TEST_F(UnitHealthTest, CountsUnitsThatNeverLived) {
  UnitHealth health = Watch("relu");
  Show(health, UnitHealth::kWindow, {-1, 1});
  EXPECT_THAT(health.TakeDeadUnits(), Optional(1u));
}

TEST_F(UnitHealthTest, GivesEachVerdictOnce) {
  UnitHealth health = Watch("relu");
  Show(health, UnitHealth::kWindow, {-1, -1});
  EXPECT_THAT(health.TakeDeadUnits(), Optional(2u));
  EXPECT_THAT(health.TakeDeadUnits(), Eq(std::nullopt));
}

TEST_F(UnitHealthTest, CountsNoUnitThatLivedInOneRowOfTheWindow) {
  UnitHealth health = Watch("relu");
  Show(health, 1, {-1, -1, 1, -1});
  Show(health, UnitHealth::kWindow - 1, {-1, -1});
  EXPECT_THAT(health.TakeDeadUnits(), Optional(1u));
}

TEST_F(UnitHealthTest, ForgetsTheWindowBefore) {
  UnitHealth health = Watch("relu");
  Show(health, UnitHealth::kWindow, {1, 1});
  EXPECT_THAT(health.TakeDeadUnits(), Optional(0u));
  Show(health, UnitHealth::kWindow, {-1, 1});
  EXPECT_THAT(health.TakeDeadUnits(), Optional(1u));
}

}  // namespace
}  // namespace hillock::engine
