// SPDX-License-Identifier: Apache-2.0

// The options of what a server takes for its models, and of when it is ready.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "server/options.h"
#include "tests/support/status_matchers.h"

namespace hillock {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

absl::StatusOr<CommandLine> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"hillock-server", "--repository", "models"});
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(ReadinessOptionsTest, HaveDefaults) {
  const auto line = Parse({});
  ASSERT_THAT(line, IsOk());
  EXPECT_EQ(line->options->model_name, "");
  EXPECT_EQ(line->options->readiness, lifecycle::ReadinessRule::kAll);
  EXPECT_FALSE(line->options->exit_on_error);
  EXPECT_EQ(line->options->repository_wait_seconds, 0);
}

TEST(ReadinessOptionsTest, AreTaken) {
  const auto line = Parse({"--model-name", "cat", "--readiness", "strict", "--exit-on-error",
                           "--repository-wait", "2.5"});
  ASSERT_THAT(line, IsOk());
  EXPECT_EQ(line->options->model_name, "cat");
  EXPECT_EQ(line->options->readiness, lifecycle::ReadinessRule::kStrict);
  EXPECT_TRUE(line->options->exit_on_error);
  EXPECT_EQ(line->options->repository_wait_seconds, 2.5);
  EXPECT_EQ(Parse({"--readiness=any"})->options->readiness, lifecycle::ReadinessRule::kAny);
}

TEST(ReadinessOptionsTest, AreRefusedByName) {
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Parse({"--readiness", "most"}), StatusIs(kInvalid, HasSubstr("--readiness")));
  EXPECT_THAT(Parse({"--model-name", "my cat"}),
              StatusIs(kInvalid, HasSubstr("'my cat' is no model name")));
  EXPECT_THAT(Parse({"--repository-wait", "-1"}),
              StatusIs(kInvalid, HasSubstr("--repository-wait")));
  EXPECT_THAT(Parse({"--strict-readiness=true"}),
              StatusIs(kInvalid, HasSubstr("did you mean --readiness?")));
}

}  // namespace
}  // namespace hillock
