// SPDX-License-Identifier: Apache-2.0

// Clients that go away while their rows wait.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "server/core/model/writer.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/integration/support/stream.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

// Few bytes that take tens of milliseconds to compute: requests wait long after they have arrived.
constexpr size_t kWidth = 1;
constexpr size_t kRows = 128;
constexpr int kRequests = 8;
constexpr int kMaxAttempts = 50;

class CancelTest : public ::testing::Test {
 protected:
  CancelTest() {
    const model::Mlp slow = MlpBuilder(kWidth).Add(2048, "relu").Add(2048, "relu").Build();
    models_.Add("slow", model::WriteMlp(slow));
    server_.emplace(models_.path(), std::vector<std::string>{"--reactors", "1"});
  }

  static inference::ModelInferRequest Request(size_t rows = kRows) {
    return MakeRequest("slow", kWidth, std::vector<float>(rows * kWidth, 0.5f));
  }
  double Shed() const {
    return MetricsPage(*server_).Sum("hillock_shed_total", {{"reason", "cancelled"}});
  }
  // All that was cancelled is counted as that, and nothing of it waits any more.
  void ExpectNothingLeft() {
    EXPECT_THAT(Infer(*server_, Request(1)), IsOk());
    const MetricsPage page(*server_);
    EXPECT_EQ(page.Sum("hillock_queue_rows"), 0);
    EXPECT_EQ(page.Sum("hillock_requests_total", {{"code", "CANCELLED"}}),
              page.Sum("hillock_shed_total", {{"reason", "cancelled"}}));
  }

  SomeModels models_{};
  std::optional<ServerProcess> server_;
};

TEST_F(CancelTest, ACancelledCallFreesItsRows) {
  const auto request = Request();
  for (int attempt = 0; Shed() == 0; ++attempt) {
    ASSERT_LT(attempt, kMaxAttempts);
    struct Call {
      grpc::ClientContext context;
      grpc::Status status;
      inference::ModelInferResponse response;
      std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
    };
    std::deque<Call> calls(kRequests);
    grpc::CompletionQueue queue;
    for (Call& call : calls) {
      call.reader = server_->inference().AsyncModelInfer(&call.context, request, &queue);
      call.reader->Finish(&call.response, &call.status, &call);
    }
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));  // one is answered, so the others have arrived or will soon
    for (Call& call : calls) call.context.TryCancel();
    for (int i = 1; i < kRequests; ++i) ASSERT_TRUE(queue.Next(&tag, &ok));
  }
  ExpectNothingLeft();
}

TEST_F(CancelTest, ACancelledStreamFreesItsRows) {
  const auto request = Request();
  for (int attempt = 0; Shed() == 0; ++attempt) {
    ASSERT_LT(attempt, kMaxAttempts);
    InferStream stream(*server_);
    for (int i = 0; i < kRequests; ++i) stream.Send(request);
    EXPECT_THAT(stream.ReceiveAnswerTo(request), IsOk());
    stream.Cancel();
    while (stream.Receive()) continue;
    EXPECT_THAT(stream.Finish(), StatusIs(absl::StatusCode::kCancelled, ::testing::_));
  }
  ExpectNothingLeft();
}

}  // namespace
}  // namespace hillock::testing
