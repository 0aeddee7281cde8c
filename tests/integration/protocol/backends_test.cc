// SPDX-License-Identifier: Apache-2.0

// Both backends, and both ways to run an activation, give the trainer's answers.

#include <gmock/gmock.h>

#include "tests/integration/support/examples.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

constexpr float kTolerance = 1e-5f;

// All rows of all examples, in the order of ExampleNames(); empty where a call failed.
std::vector<std::vector<float>> AskAll(ServerProcess& server) {
  std::vector<std::vector<float>> all;
  for (const std::string& name : ExampleNames()) {
    const auto answer = Infer(server, MakeRequest(FindExample(name)));
    EXPECT_THAT(answer, IsOk()) << name;
    all.push_back(answer.ok() ? answer->values : std::vector<float>());
  }
  return all;
}

class BackendTest : public ::testing::TestWithParam<std::string> {};

TEST_P(BackendTest, GivesTheTrainersAnswers) {
  ServerProcess server(HILLOCK_MODELS, {"--backend", GetParam()});
  for (const std::string& name : ExampleNames()) {
    SCOPED_TRACE(name);
    ExpectTrainersAnswers(server, FindExample(name));
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, BackendTest, ::testing::Values("auto", "fallback", "onednn"),
                         [](const auto& test) { return test.param; });

TEST(BackendsTest, AgreeWithEachOther) {
  ServerProcess fallback(HILLOCK_MODELS, {"--backend", "fallback"});
  const auto want = AskAll(ServerProcess::Shared());
  const auto got = AskAll(fallback);
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_THAT(got[i], ::testing::Pointwise(::testing::FloatNear(kTolerance), want[i]))
        << ExampleNames()[i];
  }
}

TEST(ProfilingTest, ChangesNoBitOfAnAnswer) {
  // Chosen by timing, the backends might differ from one process to the next.
  ServerProcess profiled(HILLOCK_MODELS, {"--backend", "onednn", "--profile-every", "1"});
  ServerProcess fused(HILLOCK_MODELS, {"--backend", "onednn", "--profile-every", "0"});
  const auto want = AskAll(fused);
  const auto got = AskAll(profiled);
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(FirstDifference(got[i], want[i]), std::nullopt) << ExampleNames()[i];
  }
}

}  // namespace
}  // namespace hillock::testing
