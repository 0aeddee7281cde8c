// SPDX-License-Identifier: Apache-2.0

// SIGTERM while streams are open: what was read is answered, the streams end with UNAVAILABLE, and
// the exit code is 0.

#include <gmock/gmock.h>

#include <csignal>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "tests/integration/support/examples.h"
#include "tests/integration/support/some_models.h"
#include "tests/integration/support/stream.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::HasSubstr;
using Code = absl::StatusCode;

constexpr size_t kStreams = 8;
constexpr size_t kAnswersBefore = 200;  // of each stream, before the signal

class StreamDrainTest : public ::testing::Test {
 protected:
  static auto ShuttingDown() {
    return StatusIs(Code::kUnavailable, HasSubstr("the server is shutting down"));
  }

  static inference::ModelInferRequest SomeRows() {
    const Example& iris = FindExample("iris");
    return MakeRequest(iris.model, iris.width, iris.Rows(0, 3));
  }

  // Keeps requests in flight until the stream ends, and expects the server's going away to end it.
  // Counts down once it has had some answers.
  static void AskUntilTheEnd(ServerProcess& server, absl::BlockingCounter& warm) {
    const Example& iris = FindExample("iris");
    const auto request = SomeRows();
    InferStream stream(server);
    std::thread sender([&] {
      while (stream.Send(request)) continue;
    });
    size_t answers = 0;
    auto answer = stream.ReceiveAnswerTo(request);
    for (; answer.ok(); answer = stream.ReceiveAnswerTo(request)) {
      EXPECT_THAT(answer->labels,
                  ::testing::ElementsAreArray(iris.predicted.begin(), iris.predicted.begin() + 3));
      if (++answers == kAnswersBefore) warm.DecrementCount();
    }
    // Refusals in-band may come before the end, answers not.
    for (; IsUnavailable(answer.status()); answer = stream.ReceiveAnswerTo(request)) {
      EXPECT_THAT(answer, ShuttingDown());
    }
    EXPECT_THAT(answer, StatusIs(Code::kOutOfRange, ::testing::_));
    sender.join();
    EXPECT_THAT(stream.Finish(), ShuttingDown());
    EXPECT_GE(answers, kAnswersBefore);
    if (answers < kAnswersBefore) warm.DecrementCount();
  }

  const SomeModels models_{"iris"};
  ServerProcess server_{models_.path(), {"--drain-seconds", "600"}};
};

TEST_F(StreamDrainTest, AnIdleStreamHoldsNothingUp) {
  InferStream stream(server_);
  ASSERT_TRUE(stream.Send(SomeRows()));
  ASSERT_THAT(stream.ReceiveAnswerTo(SomeRows()), IsOk());
  server_.process().Signal(SIGTERM);
  EXPECT_FALSE(stream.Receive());
  EXPECT_THAT(stream.Finish(), ShuttingDown());
  EXPECT_EQ(server_.process().Wait(), 0);
  EXPECT_EQ(server_.process().errors(), "");
}

TEST_F(StreamDrainTest, BusyStreamsEndCleanly) {
  FindExample("iris");
  absl::BlockingCounter warm(kStreams);
  std::vector<std::thread> clients;
  for (size_t i = 0; i < kStreams; ++i) {
    clients.emplace_back([&] { AskUntilTheEnd(server_, warm); });
  }
  warm.Wait();
  server_.process().Signal(SIGTERM);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server_.process().Wait(), 0);
  EXPECT_EQ(server_.process().errors(), "");
}

}  // namespace
}  // namespace hillock::testing
