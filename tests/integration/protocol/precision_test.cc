// SPDX-License-Identifier: Apache-2.0

// Models in bf16, seen from outside: they answer within their tolerance, or are not served and say
// why; where bf16 cannot be had they are served in f32 and say so.

#include "server/core/base/precision.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>

#include "server/core/kernel/onednn.h"
#include "tests/integration/support/examples.h"
#include "tests/integration/support/model_config.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kModel[] = "fashion-mnist";
constexpr char kEverywhere[] = "precision: bf16 backend: \"onednn\"";

// While it lives, programs that are started see the variable.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~ScopedVariable() { unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
};

std::string ReasonOf(ServerProcess& server, const std::string& model) {
  const auto index = Call(server, &inference::GRPCInferenceService::Stub::RepositoryIndex,
                          inference::RepositoryIndexRequest());
  EXPECT_THAT(index, IsOk());
  if (!index.ok()) return "";
  for (const auto& entry : index->models()) {
    if (entry.name() == model) return entry.reason();
  }
  return "not in the index";
}

class PrecisionTest : public ::testing::Test {
 protected:
  void Say(const std::string& model, const std::string& options) {
    models_.folder().Write(model + "/options.txtpb", options);
  }

  const SomeModels models_{kModel, "digits-step", "iris"};
};

class Bf16Test : public PrecisionTest {
 protected:
  // Without AVX512_BF16 or AMX the server computes in f32: there is nothing in bf16 to look at.
  void SetUp() override {
    if (!kernel::onednn::IsFast(Precision::kBf16))
      GTEST_SKIP() << SpecOf(Precision::kBf16).slow_cpu;
  }
};

TEST_F(Bf16Test, AnswersWithinTheTolerance) {
  Say(kModel, kEverywhere);
  ServerProcess server(models_.path());
  const Example& example = FindExample(kModel);
  const auto answer = Infer(server, MakeRequest(kModel, example.width, example.rows));
  ASSERT_THAT(answer, IsOk());
  size_t moved = 0;
  for (size_t i = 0; i < answer->values.size(); ++i) {
    const double move = std::abs(double{answer->values[i]} - example.expected[i]);
    EXPECT_LE(move, 2 * SpecOf(Precision::kBf16).tolerance)
        << i;  // probabilities: their largest is nearly 1
    moved += move > 1e-4;
  }
  EXPECT_GT(moved, 0u);  // or it was f32
}

TEST_F(Bf16Test, ShowsInTheLogAndTheConfig) {
  Say(kModel, kEverywhere);
  ServerProcess server(models_.path());
  EXPECT_THAT(server.process().output(),
              AllOf(HasSubstr("model 'fashion-mnist' version 1 in bf16: relu 784->512 (dense "
                              "onednn bf16;"),
                    HasSubstr("model 'iris' version 1 in f32: ")));
  const auto parameters = ParametersOf(server, kModel);
  EXPECT_EQ(parameters.at("precision"), "bf16");
  EXPECT_THAT(parameters.at("layer.0"), HasSubstr("dense onednn bf16"));
  EXPECT_EQ(ParametersOf(server, "iris").at("precision"), "f32");
}

TEST_F(Bf16Test, IsAskedForOnTheCommandLineAndDeclinedByAModel) {
  Say("iris", "precision: f32");
  ServerProcess server(models_.path(), {"--precision", "bf16", "--backend", "onednn"});
  EXPECT_EQ(ParametersOf(server, kModel).at("precision"), "bf16");
  EXPECT_EQ(ParametersOf(server, "iris").at("precision"), "f32");
}

TEST_F(Bf16Test, KeepsAModelOutThatItMovesTooFar) {
  Say(kModel, std::string(kEverywhere) + " precision_tolerance: 1e-5");
  Say("digits-step", kEverywhere);
  ServerProcess server(models_.path());
  EXPECT_EQ(server.served(), 1);
  ExpectTrainersAnswers(server, FindExample("iris"));
  EXPECT_THAT(
      ReasonOf(server, kModel),
      MatchesRegex("bf16 moves an answer by 0\\.00[0-9]+ of 1 \\+ the output's largest, want "
                   "at most precision_tolerance 1e-05: calibration row .*"));
  EXPECT_THAT(ReasonOf(server, "digits-step"), HasSubstr("precision_tolerance 0.02"));
}

TEST_F(Bf16Test, TakesAModelWhoseToleranceIsWideEnough) {
  Say("digits-step", std::string(kEverywhere) + " precision_tolerance: 1");
  ServerProcess server(models_.path());
  EXPECT_EQ(server.served(), 3);
}

class NoBf16Test : public PrecisionTest {
 protected:
  // Both models give the trainer's answers, as in f32, and say why.
  void ExpectF32(ServerProcess& server, const std::string& why) {
    const std::string note = "bf16 was asked for, served in f32: " + why;
    EXPECT_EQ(server.served(), 3);
    for (const std::string model : {kModel, "digits-step"}) {
      EXPECT_THAT(server.process().output(),
                  HasSubstr("warning model '" + model + "' version 1: " + note));
      const auto parameters = ParametersOf(server, model);
      EXPECT_EQ(parameters.at("precision"), "f32");
      EXPECT_THAT(parameters,
                  ::testing::Contains(::testing::Pair(::testing::StartsWith("note."), note)));
      EXPECT_THAT(parameters.at("layer.0"), Not(HasSubstr("bf16")));
      ExpectTrainersAnswers(server, FindExample(model));
    }
  }
};

TEST_F(NoBf16Test, IsF32WhereTheCpuIsNotFastAtIt) {
  for (const char* backend : {"auto", "onednn"}) {
    const ScopedVariable hidden("ONEDNN_MAX_CPU_ISA", "AVX512_CORE");
    ServerProcess server(models_.path(), {"--precision", "bf16", "--backend", backend});
    ExpectF32(server, "this CPU has neither AVX512_BF16 nor AMX");
  }
}

TEST_F(NoBf16Test, IsF32OnTheFallback) {
  ServerProcess server(models_.path(), {"--precision", "bf16", "--backend", "fallback"});
  ExpectF32(server, "the fallback computes in f32 only");
}

}  // namespace
}  // namespace hillock::testing
