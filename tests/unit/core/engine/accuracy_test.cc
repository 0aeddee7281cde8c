// SPDX-License-Identifier: Apache-2.0

// Answers of the engine against an evaluation in double precision.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::Approximate;
using ::hillock::testing::Evaluate;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::Random;
using ::hillock::testing::UniformMlp;

constexpr uint32_t kSeed = 11;

class Accuracy : public ::testing::TestWithParam<EngineCase> {
 protected:
  static std::string_view Activation() { return GetParam().spec->name; }

  static std::vector<float> Rows(const model::Mlp& mlp) {
    return Random(kSeed).Floats(kMaxRows * mlp.input_width(), -2, 2);
  }

  // Batches of every size give what the reference gives, whatever path the activations take.
  static void ExpectReferenceAnswers(const model::Mlp& mlp) {
    const std::vector<float> rows = Rows(mlp);
    Engine engine(mlp, GetParam().Options());
    const auto want = ReferenceAnswers(mlp, rows, PrecisionsOf(engine.plan()));
    for (const size_t count : RowCounts()) {
      for (const bool profile : {false, true}) {
        const auto got = engine.Answer(std::span(rows).first(count * mlp.input_width()), profile);
        ExpectNear(got, want, count, profile);
      }
    }
  }

 private:
  static std::vector<Precision> PrecisionsOf(const Plan& plan) {
    std::vector<Precision> precisions;
    for (const Step& step : plan.steps()) precisions.push_back(PrecisionOf(step));
    return precisions;
  }

  static std::vector<Approximate> ReferenceAnswers(const model::Mlp& mlp,
                                                   std::span<const float> rows,
                                                   const std::vector<Precision>& precisions) {
    std::vector<Approximate> answers;
    for (size_t at = 0; at < rows.size(); at += mlp.input_width()) {
      const auto answer = Evaluate(mlp, rows.subspan(at, mlp.input_width()),
                                   GetParam().backend == Backend::kFallback, 0, precisions);
      answers.insert(answers.end(), answer.begin(), answer.end());
    }
    return answers;
  }

  // Whether the activation jumps, or magnifies an error in its argument.
  static bool IsSteep() {
    const activation::Spec& spec = *GetParam().spec;
    if (spec.reference == nullptr) return false;
    const auto params = *activation::ResolveParams(spec, {});
    constexpr double kStep = 1.0 / 64;
    for (double x = -4; x < 4; x += kStep) {
      const double rise = spec.reference(x + kStep, params) - spec.reference(x, params);
      if (std::abs(rise) > 1.5 * kStep) return true;
    }
    return false;
  }

  // The proven bound is pessimistic after many layers; a smooth function really comes closer.
  // Rounding to bf16 is not smooth.
  static double Allowed(const Approximate& want, bool steep) {
    if (steep || GetParam().precision == Precision::kBf16) return want.error;
    return std::min(want.error, 1e-5 * (1 + std::abs(want.value)));
  }

  static void ExpectNear(const std::vector<float>& got, const std::vector<Approximate>& want,
                         size_t count, bool profile) {
    const bool steep = IsSteep();
    for (size_t i = 0; i < got.size(); ++i) {
      if (!std::isfinite(want[i].error)) continue;
      if (std::isnan(got[i]) && std::isnan(want[i].value)) continue;
      ASSERT_LE(std::abs(double{got[i]} - want[i].value), Allowed(want[i], steep))
          << GetParam() << ", element " << i << " of " << count << " rows, "
          << (profile ? "split" : "as planned") << ", seed " << kSeed << ": got " << got[i]
          << ", want " << want[i].value;
    }
  }
};

TEST_P(Accuracy, HoldsForEveryShape) {
  for (const auto& widths : kShapes) {
    SCOPED_TRACE(::testing::PrintToString(widths));
    ExpectReferenceAnswers(UniformMlp(widths, Activation(), kSeed));
  }
}

TEST_P(Accuracy, HoldsAfterANormalization) {
  ExpectReferenceAnswers(
      MlpBuilder(5, kSeed).Add(9, Activation()).Normalized().Add(4, "identity").Build());
}

TEST_P(Accuracy, HoldsForParametersThatAreNotTheDefault) {
  std::map<std::string, float> params;
  for (size_t i = 0; i < GetParam().spec->param_count; ++i) {
    params[std::string(GetParam().spec->params[i].name)] = 0.6f;
  }
  ExpectReferenceAnswers(MlpBuilder(7, kSeed).Add(12, Activation(), params).Build());
}

INSTANTIATE_TEST_SUITE_P(Every, Accuracy, ::testing::ValuesIn(EveryEngineCase()), CaseName);

}  // namespace
}  // namespace hillock::engine
