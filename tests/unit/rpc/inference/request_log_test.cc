// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/inference/request_log.h"

#include <gtest/gtest.h>

namespace hillock::rpc {
namespace {

constexpr Nanos kSecond = 1'000'000'000;

int Chosen(RequestLog& log, int requests, const absl::Status& status, Nanos now) {
  int chosen = 0;
  for (int i = 0; i < requests; ++i) chosen += log.Chooses(status, now);
  return chosen;
}

RequestLog LogOf(double share) {
  return {share, [](const RequestRecord&) {}};
}

TEST(RequestLogTest, ChoosesAnEvenShare) {
  for (const auto& [share, want] : {std::pair{0.0, 0}, {1.0, 1000}, {0.5, 500}, {0.25, 250}}) {
    RequestLog log = LogOf(share);
    EXPECT_EQ(Chosen(log, 1000, absl::OkStatus(), kSecond), want) << share;
    EXPECT_EQ(Chosen(log, 1000, absl::NotFoundError(""), kSecond), want) << share;
  }
  RequestLog log = LogOf(0.01);
  EXPECT_EQ(Chosen(log, 50, absl::OkStatus(), kSecond), 0);
  EXPECT_NEAR(Chosen(log, 1000, absl::OkStatus(), kSecond), 10, 1);
}

TEST(RequestLogTest, ChoosesAFewFaultsOfEverySecond) {
  RequestLog log = LogOf(0);
  for (const Nanos second : {kSecond, 2 * kSecond, 5 * kSecond}) {
    EXPECT_EQ(Chosen(log, 1000, absl::InternalError(""), second), RequestLog::kMaxFaults);
    EXPECT_EQ(Chosen(log, 1000, absl::DataLossError(""), second + kSecond / 2), 0);
  }
}

TEST(RequestLogTest, TellsFaultsFromRefusals) {
  EXPECT_TRUE(IsFault(absl::StatusCode::kInternal));
  EXPECT_FALSE(IsFault(absl::StatusCode::kOk));
  EXPECT_FALSE(IsFault(absl::StatusCode::kInvalidArgument));
  EXPECT_FALSE(IsFault(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace hillock::rpc
