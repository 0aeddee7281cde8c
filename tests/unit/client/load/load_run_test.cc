// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_run.h"

#include <gtest/gtest.h>

namespace hillock::client {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

class LoadRunTest : public ::testing::Test {
 protected:
  LoadPlan plan_{.requests = {"x"}, .patience = std::chrono::milliseconds(3000)};
  LoadRun run_{plan_, ThreadShare{}, std::chrono::seconds(60)};
};

TEST_F(LoadRunTest, WaitsForAnswersAsLongAsThePlansPatience) {
  EXPECT_EQ(run_.end(), run_.start() + 60 * kSecond);
  EXPECT_EQ(run_.give_up(), run_.end() + 3 * kSecond);
  EXPECT_EQ(run_.give_up_text(), "no answer within 3000 ms after the end of the run");
}

TEST_F(LoadRunTest, EndsEarlyAndThenWaitsBriefly) {
  const Nanos now = run_.start() + 5 * kSecond;
  run_.EndEarly(now);
  EXPECT_EQ(run_.end(), now);
  EXPECT_EQ(run_.give_up(), now + kBriefly);
  EXPECT_EQ(run_.give_up_text(), "no answer by the time the load was stopped");
  EXPECT_EQ(run_.schedule().Next(now), Schedule::kNever);
}

TEST_F(LoadRunTest, CountsEveryAnswerAndTimesThoseWithinTheRun) {
  run_.Record(run_.start(), absl::StatusCode::kOk, "", run_.start() + kSecond);
  run_.Record(run_.start(), absl::StatusCode::kOk, "", run_.end() + kSecond);
  EXPECT_EQ(run_.TakeTally().count(), 2u);
}

}  // namespace
}  // namespace hillock::client
