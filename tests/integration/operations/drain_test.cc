// SPDX-License-Identifier: Apache-2.0

// SIGTERM: what was accepted is answered, what was not is refused cleanly, and the exit code is 0.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "tests/integration/support/examples.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using Code = absl::StatusCode;

constexpr size_t kClients = 32;
constexpr size_t kAnswersBefore = 50;  // of each client, before the signal

class DrainTest : public ::testing::Test {
 protected:
  // Asks for the same row until it is refused, and expects that to be the server's going away.
  // Counts down once it has had some answers.
  static size_t AskUntilRefused(ServerProcess& server, absl::BlockingCounter& warm) {
    const Example& iris = FindExample("iris");
    const auto request = MakeRequest(iris.model, iris.width, iris.Rows(0, 3));
    size_t answers = 0;
    auto answer = Infer(server, request);
    for (; answer.ok(); answer = Infer(server, request)) {
      EXPECT_THAT(answer->labels,
                  ::testing::ElementsAreArray(iris.predicted.begin(), iris.predicted.begin() + 3));
      if (++answers == kAnswersBefore) warm.DecrementCount();
    }
    EXPECT_THAT(answer, StatusIs(Code::kUnavailable, ::testing::_));
    if (answers < kAnswersBefore) warm.DecrementCount();
    return answers;
  }

  static bool IsReady(ServerProcess& server) {
    grpc::ClientContext context;
    inference::ServerReadyResponse response;
    EXPECT_THAT(ToAbsl(server.inference().ServerReady(&context, {}, &response)), IsOk());
    return response.ready();
  }

  const SomeModels models_{"iris"};
};

TEST_F(DrainTest, LosesNoAcceptedRequest) {
  FindExample("iris");
  ServerProcess server(models_.path());
  absl::BlockingCounter warm(kClients);
  std::atomic<size_t> answers{0};
  std::vector<std::thread> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.emplace_back([&] { answers += AskUntilRefused(server, warm); });
  }
  warm.Wait();
  server.process().Signal(SIGTERM);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server.process().Wait(), 0);
  EXPECT_GE(answers, kClients * kAnswersBefore);
  EXPECT_TRUE(server.process().WaitForLine(" info drained"));
  EXPECT_EQ(server.process().errors(), "");
}

TEST_F(DrainTest, WaitsForLoadBalancersToNotice) {
  ServerProcess server(models_.path(), {"--drain-wait", "60"});
  ASSERT_TRUE(IsReady(server));
  server.process().Signal(SIGINT);
  ASSERT_TRUE(server.process().WaitForLine("draining"));
  while (IsReady(server)) std::this_thread::yield();
  EXPECT_THAT(Infer(server, MakeRequest("iris", 4, std::vector<float>(4))), IsOk());
  server.process().Signal(SIGTERM);
  EXPECT_EQ(server.process().Wait(), -SIGTERM);
}

TEST_F(DrainTest, AnIdleServerLeavesAtOnce) {
  ServerProcess server(models_.path());
  server.process().Signal(SIGINT);
  EXPECT_EQ(server.process().Wait(), 0);
}

}  // namespace
}  // namespace hillock::testing
