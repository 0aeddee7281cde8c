// SPDX-License-Identifier: Apache-2.0
#include "server/core/activation/figures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace hillock::activation {
namespace {

TEST(Figures, AreFoundByTheActivationsOwnName) {
  size_t measured = 0;
  for (const Spec& spec : All()) {
    const Figures* const figures = FindFigures(spec);
    if (figures == nullptr) continue;
    EXPECT_EQ(figures->activation, spec.name);
    ++measured;
  }
  EXPECT_GT(measured, 0u);
}

TEST(Figures, OfAnActivationNobodyMeasuredAreNull) {
  Spec spec = *Find("relu");
  spec.name = "unheard_of";
  EXPECT_EQ(FindFigures(spec), nullptr);
}

TEST(Figures, KeepTheTablesTolerance) {
  constexpr double kRounding = 0.01;
  for (const Spec& spec : All()) {
    const Figures* const figures = FindFigures(spec);
    if (figures == nullptr) continue;
    EXPECT_LE(figures->fallback.ulp, spec.tolerance.ulp + kRounding) << spec.name;
    EXPECT_GT(figures->fallback.nanoseconds, 0) << spec.name;
    EXPECT_LE(std::abs(figures->fallback.absolute_at), kAbsoluteErrorRange) << spec.name;
  }
}

TEST(Figures, OfOneDnnAreThereOnlyWhereTheTableNamesAnAlgorithm) {
  for (const Spec& spec : All()) {
    const Figures* const figures = FindFigures(spec);
    if (figures != nullptr && figures->onednn) {
      EXPECT_FALSE(spec.onednn.algorithm.empty()) << spec.name;
      EXPECT_GT(figures->onednn->nanoseconds, 0) << spec.name;
    }
  }
}

TEST(Figures, SayWhereTheyAreFrom) {
  const Machine& machine = MeasuredOn();
  for (const std::string_view fact :
       {machine.cpu, machine.instruction_sets, machine.onednn, machine.date}) {
    EXPECT_FALSE(fact.empty());
  }
}

}  // namespace
}  // namespace hillock::activation
