// SPDX-License-Identifier: Apache-2.0

// More than the queue takes, from outside.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kBurst = 400;
constexpr size_t kRows = 6;

// One call of many that are under way together.
struct Call {
  grpc::ClientContext context;
  grpc::Status status;
  inference::ModelInferResponse response;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;

  std::string Pushback() const {
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto it = trailers.find("grpc-retry-pushback-ms");
    return it == trailers.end() ? "none" : std::string(it->second.data(), it->second.size());
  }
};

// Sends all at once, one after the other in turns, and waits for every answer.
std::deque<Call> Burst(ServerProcess& server,
                       const std::vector<inference::ModelInferRequest>& requests) {
  std::deque<Call> calls;
  grpc::CompletionQueue queue;
  for (int i = 0; i < kBurst; ++i) {
    Call& call = calls.emplace_back();
    const auto& request = requests[static_cast<size_t>(i) % requests.size()];
    call.reader = server.inference().AsyncModelInfer(&call.context, request, &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  for (int i = 0; i < kBurst; ++i) {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
  }
  return calls;
}

inference::ModelInferRequest RequestFor(const std::string& model) {
  const Example& example = FindExample(model);
  return MakeRequest(model, example.width, example.Rows(0, kRows));
}

// A model with small requests, and one whose requests are checked before their numbers are looked
// at.
class OverloadOfTest : public ::testing::TestWithParam<const char*> {};

TEST_P(OverloadOfTest, IsRefusedWithAdviceAndCounted) {
  const std::string name = GetParam();
  ServerProcess server(HILLOCK_MODELS, {"--reactors", "1", "--max-queue-rows", "11"});
  const auto calls = Burst(server, {RequestFor(name)});
  int refused = 0;
  for (const Call& call : calls) {
    if (call.status.ok()) continue;
    ++refused;
    EXPECT_THAT(ToAbsl(call.status), StatusIs(absl::StatusCode::kResourceExhausted,
                                              HasSubstr("the queue is full: 12 rows")));
    EXPECT_NE(call.Pushback(), "none");
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, kBurst);
  const MetricsPage page(server);
  EXPECT_EQ(page.Sum("hillock_shed_total", {{"model", name}, {"reason", "queue_rows"}}), refused);
  EXPECT_EQ(page.Sum("hillock_shed_total"), refused);
  EXPECT_EQ(page.Sum("hillock_requests_total", {{"code", "RESOURCE_EXHAUSTED"}}), refused);
  EXPECT_EQ(page.Sum("hillock_queue_rows", {{"model", name}}), 0);
  EXPECT_THAT(Infer(server, RequestFor(name)), IsOk()) << "calm again";
}

INSTANTIATE_TEST_SUITE_P(Each, OverloadOfTest, ::testing::Values("iris", "fashion-mnist"),
                         [](const auto& test) { return test.index == 0 ? "Small" : "Large"; });

TEST(OverloadTest, OfOneModelWithABoundLeavesOthersAlone) {
  const SomeModels models({"iris", "digits-tanh"});
  models.folder().Write("iris/options.txtpb", "max_queue_rows: 5");
  ServerProcess server(models.path(), {"--reactors", "1"});
  const auto calls = Burst(server, {RequestFor("iris"), RequestFor("digits-tanh")});
  int refused = 0;
  for (size_t i = 0; i < calls.size(); ++i) {
    const absl::Status status = ToAbsl(calls[i].status);
    if (status.ok()) continue;
    EXPECT_EQ(i % 2, 0u) << "digits-tanh: " << status;
    ++refused;
    EXPECT_THAT(
        status,
        StatusIs(
            absl::StatusCode::kResourceExhausted,
            "[request id: an id] the queue of model 'iris' is full: 12 rows with this request, "
            "want at most 5"));
    EXPECT_NE(calls[i].Pushback(), "none");
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, kBurst / 2);
  const MetricsPage page(server);
  EXPECT_EQ(page.Sum("hillock_shed_total", {{"model", "iris"}, {"reason", "queue_rows"}}), refused);
  EXPECT_EQ(page.Sum("hillock_shed_total"), refused);
}

}  // namespace
}  // namespace hillock::testing
