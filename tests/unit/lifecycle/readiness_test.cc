// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/unit/lifecycle/managed_repository.h"

namespace hillock::lifecycle {
namespace {

using ::hillock::testing::StatusIs;
using Phase = Readiness::Phase;
using Rule = ReadinessRule;

constexpr char kReady[] = "";
constexpr char kLoading[] = "models are being loaded";
constexpr char kNothing[] = "no model serves";
constexpr char kFailed[] = "model 'dog' failed";
constexpr char kStopping[] = "the server is shutting down";

// What each rule says of three catalogs, and of an empty one.
struct Expectation {
  Rule rule;
  bool callers_decide;
  Phase phase;
  const char* all_serve;
  const char* one_failed;
  const char* all_failed;
  const char* none;
};

constexpr Expectation kTable[] = {
    {Rule::kAny, false, Phase::kLoading, kReady, kReady, kLoading, kLoading},
    {Rule::kAny, false, Phase::kStarted, kReady, kReady, kNothing, kNothing},
    {Rule::kAll, false, Phase::kLoading, kLoading, kLoading, kLoading, kLoading},
    {Rule::kAll, false, Phase::kStarted, kReady, kReady, kNothing, kNothing},
    {Rule::kStrict, false, Phase::kLoading, kLoading, kLoading, kLoading, kLoading},
    {Rule::kStrict, false, Phase::kStarted, kReady, kFailed, kFailed, kNothing},
    {Rule::kAny, true, Phase::kLoading, kReady, kReady, kLoading, kLoading},
    {Rule::kAny, true, Phase::kStarted, kReady, kReady, kNothing, kReady},
    {Rule::kAll, true, Phase::kStarted, kReady, kReady, kNothing, kReady},
    {Rule::kStrict, true, Phase::kStarted, kReady, kFailed, kFailed, kReady},
    {Rule::kAny, true, Phase::kDraining, kStopping, kStopping, kStopping, kStopping},
};

class ReadinessTest : public ::testing::TestWithParam<Expectation> {
 protected:
  // The catalog of a repository with these models; junk where it says so.
  void Expect(const std::vector<std::string>& sound, const std::vector<std::string>& junk,
              const std::string& why) const {
    ManagedRepository repository;
    for (const std::string& name : sound) repository.Put(name + "/1", 1);
    for (const std::string& name : junk) {
      repository.folder().Write(name + "/1/model.mlp", "junk");
    }
    ASSERT_TRUE(repository.Manage().LoadAll().ok());
    const auto status = readiness_.Check(*repository.catalogs().Snapshot());
    EXPECT_EQ(status.message(), why);
    EXPECT_EQ(status.code(), why.empty() ? absl::StatusCode::kOk : absl::StatusCode::kUnavailable);
  }

  Readiness readiness_{GetParam().rule, GetParam().callers_decide};
};

TEST_P(ReadinessTest, FollowsTheRule) {
  if (GetParam().phase == Phase::kStarted) readiness_.SetStarted();
  if (GetParam().phase == Phase::kDraining) readiness_.SetDraining();
  EXPECT_EQ(readiness_.phase(), GetParam().phase);
  Expect({"cat", "dog"}, {}, GetParam().all_serve);
  Expect({"cat"}, {"dog"}, GetParam().one_failed);
  Expect({}, {"dog"}, GetParam().all_failed);
  Expect({}, {}, GetParam().none);
}

INSTANTIATE_TEST_SUITE_P(Rules, ReadinessTest, ::testing::ValuesIn(kTable));

TEST(ReadinessPhaseTest, NeverLeavesTheDrain) {
  Readiness readiness(Rule::kAny, false);
  readiness.SetDraining();
  readiness.SetStarted();
  EXPECT_TRUE(readiness.draining());
}

TEST(ReadinessFailureTest, NamesOneModelAndCountsTheOthers) {
  Readiness readiness(Rule::kStrict, false);
  readiness.SetStarted();
  EXPECT_THAT(readiness.Check(Catalog({{"cat", 1, absl::DataLossError("bad")},
                                       {"dog", 1, absl::DataLossError("bad")}})),
              StatusIs(absl::StatusCode::kUnavailable, "model 'cat' and 1 more failed"));
}

}  // namespace
}  // namespace hillock::lifecycle
