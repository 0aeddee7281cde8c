// Clients that go away while their rows wait.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <deque>
#include <memory>

#include "tests/integration/examples.h"
#include "tests/integration/metrics_page.h"
#include "tests/integration/stream.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

constexpr size_t kRows = 5000;  // some milliseconds of work
constexpr int kRequests = 8;
constexpr int kMostAttempts = 50;

class CancelTest : public ::testing::Test {
 protected:
  inference::ModelInferRequest Request() const {
    std::vector<float> rows;
    for (size_t i = 0; i < kRows; ++i) {
      const auto row = digits_.Rows(0, 1);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    return MakeRequest(digits_.model, digits_.width, rows);
  }
  double Shed() const {
    return MetricsPage(server_).Sum("hillock_shed_total", {{"reason", "cancelled"}});
  }
  // All that was cancelled is counted as that, and nothing of it waits any more.
  void ExpectNothingLeft() {
    EXPECT_THAT(Infer(server_, MakeRequest(digits_.model, digits_.width, digits_.Rows(0, 1))),
                IsOk());
    const MetricsPage page(server_);
    EXPECT_EQ(page.Sum("hillock_queue_rows"), 0);
    EXPECT_EQ(page.Sum("hillock_requests_total", {{"code", "CANCELLED"}}),
              page.Sum("hillock_shed_total", {{"reason", "cancelled"}}));
  }

  const Example& digits_ = FindExample("digits-relu");
  ServerProcess server_{HILLOCK_MODELS, {"--reactors", "1"}};
};

TEST_F(CancelTest, ACancelledCallFreesItsRows) {
  const auto request = Request();
  for (int attempt = 0; Shed() == 0; ++attempt) {
    ASSERT_LT(attempt, kMostAttempts);
    struct Call {
      grpc::ClientContext context;
      grpc::Status status;
      inference::ModelInferResponse response;
      std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
    };
    std::deque<Call> calls(kRequests);
    grpc::CompletionQueue queue;
    for (Call& call : calls) {
      call.reader = server_.inference().AsyncModelInfer(&call.context, request, &queue);
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
    ASSERT_LT(attempt, kMostAttempts);
    InferStream stream(server_);
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
