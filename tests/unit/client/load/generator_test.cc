// SPDX-License-Identifier: Apache-2.0
#include "client/load/generator.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "client/api/client.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client/api/fake_server.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

using std::chrono::milliseconds;

constexpr auto kOk = absl::StatusCode::kOk;
constexpr milliseconds kDuration{20};

// Both workers. The fake server takes one request at a time, so all of these send one at a time.
class LoadGeneratorTest : public ::testing::TestWithParam<size_t> {
 protected:
  LoadPlan Plan(const std::string& model, std::vector<std::vector<float>> rows = {{1, 2}}) const {
    LoadPlan plan;
    plan.endpoint.target = server_.address();
    for (const auto& row : rows) {
      plan.requests.push_back(MakeInferRequest({model, "", "x", 2, row}).SerializeAsString());
    }
    plan.connections = 1;
    plan.outstanding = 1;
    plan.burst = GetParam();
    return plan;
  }

  static LoadTally Run(const LoadPlan& plan) {
    const auto generator = LoadGenerator::Connect(plan);
    EXPECT_THAT(generator, IsOk());
    return (*generator)->Run(kDuration);
  }

  absl::Notification over_;  // outlives the server's threads
  FakeServer server_;
};

TEST_P(LoadGeneratorTest, CountsWhatTheServerAnswered) {
  const LoadTally tally = Run(Plan("sum"));
  EXPECT_GT(tally.count(), 0u);
  EXPECT_EQ(tally.count(), server_.requests().size());
  EXPECT_EQ(tally.count(kOk), tally.count());
  EXPECT_EQ(tally.late() + tally.unsent(), 0u);
}

TEST_P(LoadGeneratorTest, SendsTheRequestsInTurn) {
  const LoadPlan plan = Plan("sum", {{1, 2}, {3, 4}, {5, 6}});
  const auto generator = LoadGenerator::Connect(plan);
  ASSERT_THAT(generator, IsOk());
  while (server_.requests().size() < 4) {
    ASSERT_GT((*generator)->Run(kDuration).count(), 0u);
  }
  for (const size_t i : {0u, 1u, 2u, 3u}) {
    EXPECT_EQ(server_.requests()[i].SerializeAsString(), plan.requests[i % 3]);
  }
}

TEST_P(LoadGeneratorTest, AnOpenLoopSendsAsManyAsWereIntended) {
  LoadPlan plan = Plan("sum");
  plan.open = OpenLoad{2000, Arrivals::kConstant};
  const LoadTally tally = Run(plan);
  EXPECT_EQ(tally.count() + tally.unsent(), 40u);
  EXPECT_EQ(tally.count(), server_.requests().size());
}

TEST_P(LoadGeneratorTest, CountsFailuresWithWhatTheServerSaid) {
  const LoadTally tally = Run(Plan("nobody"));
  EXPECT_EQ(tally.count(kOk), 0u);
  ASSERT_GT(tally.count(absl::StatusCode::kNotFound), 0u);
  EXPECT_EQ(tally.outcomes().at(absl::StatusCode::kNotFound).message,
            "model 'nobody' is not in the repository");
}

TEST_P(LoadGeneratorTest, RunsAgainOverTheSameConnections) {
  const auto generator = LoadGenerator::Connect(Plan("sum"));
  ASSERT_THAT(generator, IsOk());
  const uint64_t before = (*generator)->Run(kDuration).count();
  const uint64_t after = (*generator)->Run(kDuration).count();
  EXPECT_GT(after, 0u);
  EXPECT_EQ(before + after, server_.requests().size());
  EXPECT_EQ((*generator)->CountLost(), 0u);
}

TEST_P(LoadGeneratorTest, CancelsWhatIsNotAnsweredInTime) {
  server_.set_tamper([this](auto&) {
    over_.WaitForNotification();
    return grpc::Status::OK;
  });
  LoadPlan plan = Plan("sum");
  plan.patience = milliseconds(1000);
  const LoadTally tally = Run(plan);
  over_.Notify();
  EXPECT_EQ(tally.count(), 1u);
  ASSERT_EQ(tally.count(absl::StatusCode::kCancelled), 1u);
  EXPECT_THAT(tally.outcomes().at(absl::StatusCode::kCancelled).message,
              HasSubstr("after the end of the run"));
}

TEST_P(LoadGeneratorTest, EndsRequestsAtTheirDeadline) {
  server_.set_tamper([this](auto&) {
    over_.WaitForNotification();
    return grpc::Status::OK;
  });
  LoadPlan plan = Plan("sum");
  plan.deadline = milliseconds(5);
  const LoadTally tally = Run(plan);
  over_.Notify();
  EXPECT_GT(tally.count(), 0u);
  EXPECT_EQ(tally.count(absl::StatusCode::kDeadlineExceeded), tally.count());
}

TEST_P(LoadGeneratorTest, StopsWhenItIsTold) {
  std::atomic<bool> stop = false;
  LoadPlan plan = Plan("sum");
  plan.stop = &stop;
  const auto generator = LoadGenerator::Connect(plan);
  ASSERT_THAT(generator, IsOk());
  const LoadTally tally =
      (*generator)->Run(std::chrono::hours(1), [&](const LoadProgress& progress) {
        if (progress.answered > 0) stop = true;
      });
  EXPECT_GT(tally.count(kOk), 0u);
  EXPECT_EQ(tally.count(kOk), tally.count());
  EXPECT_LT(ToSeconds(tally.elapsed()), 600);
  EXPECT_EQ((*generator)->Run(std::chrono::hours(1)).count(), 0u) << "it stays so";
}

TEST_P(LoadGeneratorTest, NobodyThereIsUnavailable) {
  LoadPlan plan = Plan("sum");
  plan.endpoint.target = "127.0.0.1:1";
  plan.patience = milliseconds(50);
  EXPECT_THAT(LoadGenerator::Connect(plan), StatusIs(absl::StatusCode::kUnavailable,
                                                     HasSubstr("127.0.0.1:1: 1 of 1 connections")));
}

INSTANTIATE_TEST_SUITE_P(Workers, LoadGeneratorTest, ::testing::Values(size_t{1}, LoadPlan().burst),
                         [](const auto& one) {
                           return one.param == 1 ? std::string("Grpc") : std::string("Http2");
                         });

}  // namespace
}  // namespace hillock::client
