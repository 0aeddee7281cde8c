// SPDX-License-Identifier: Apache-2.0

// ModelStreamInfer: what it answers, in what order, and what it does to a client that misbehaves.

#include "tests/integration/support/stream.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::HasSubstr;
using Code = absl::StatusCode;
using Request = inference::ModelInferRequest;

// A request for one row of a model's examples, with that row's number for an id.
Request RowRequest(const std::string& model, size_t row, Form form = Form::kRaw) {
  const Example& example = FindExample(model);
  Request request = MakeRequest(model, example.width, example.Rows(row, 1), form);
  request.set_id(std::to_string(row));
  return request;
}

Request UnknownModel() { return MakeRequest("nobody", 4, std::vector<float>(4)); }

Request WrongWidth() { return MakeRequest("iris", 3, std::vector<float>(3)); }

void ExpectEqual(const absl::StatusOr<Answer>& got, const absl::StatusOr<Answer>& want) {
  ASSERT_THAT(got, IsOk());
  ASSERT_THAT(want, IsOk());
  EXPECT_EQ(FirstDifference(got->values, want->values), std::nullopt);
  EXPECT_EQ(got->labels, want->labels);
}

// Sends all requests, however many that is, while their answers are compared with ModelInfer's.
void ExpectUnaryAnswers(ServerProcess& server, const std::vector<Request>& requests) {
  InferStream stream(server);
  std::thread sender([&] {
    for (const Request& request : requests) EXPECT_TRUE(stream.Send(request));
    stream.HalfClose();
  });
  for (const Request& request : requests) {
    ExpectEqual(stream.ReceiveAnswerTo(request), Infer(server, request));
  }
  sender.join();
  EXPECT_FALSE(stream.Receive());
  EXPECT_THAT(stream.Finish(), IsOk());
}

TEST(StreamTest, AnswersInOrderWhatUnaryCallsAnswer) {
  std::vector<Request> requests;
  for (size_t row = 0; row < FindExample("digits-relu").count(); ++row) {
    requests.push_back(RowRequest("digits-relu", row));
  }
  ExpectUnaryAnswers(ServerProcess::Shared(), requests);
}

TEST(StreamTest, TakesSeveralModelsAndForms) {
  std::vector<Request> requests;
  for (size_t row = 0; row < FindExample("iris").count(); ++row) {
    requests.push_back(RowRequest("fashion-mnist", row));
    requests.push_back(RowRequest("iris", row, Form::kTyped));
    requests.push_back(RowRequest("digits-ncu", row));
  }
  ExpectUnaryAnswers(ServerProcess::Shared(), requests);
}

TEST(StreamTest, TakesRequestsBeyondWhatItReadsAhead) {
  const Example& example = FindExample("fashion-mnist");
  std::vector<Request> requests;
  for (size_t i = 0; i < 6; ++i) {
    requests.push_back(MakeRequest(example.model, example.width, example.rows));
    requests.back().set_id(std::to_string(i));
  }
  ASSERT_GT(requests[0].ByteSizeLong() * 2, 4 << 20);
  ExpectUnaryAnswers(ServerProcess::Shared(), requests);
}

TEST(StreamTest, AnswersOneByOne) {
  InferStream stream(ServerProcess::Shared());
  for (size_t row = 0; row < FindExample("iris").count(); ++row) {
    const Request request = RowRequest("iris", row);
    ASSERT_TRUE(stream.Send(request));
    ASSERT_THAT(stream.ReceiveAnswerTo(request), IsOk());
  }
  stream.HalfClose();
  EXPECT_FALSE(stream.Receive());
  EXPECT_THAT(stream.Finish(), IsOk());
}

TEST(StreamTest, EndsWithOkWhenNothingWasAsked) {
  InferStream stream(ServerProcess::Shared());
  stream.HalfClose();
  EXPECT_FALSE(stream.Receive());
  EXPECT_THAT(stream.Finish(), IsOk());
}

TEST(StreamTest, AnswersErrorsInBandAndGoesOn) {
  InferStream stream(ServerProcess::Shared());
  const Request good = RowRequest("iris", 0);
  Request unknown = UnknownModel();
  unknown.set_id("unknown");
  for (const Request& request : {good, unknown, good, WrongWidth(), good}) {
    ASSERT_TRUE(stream.Send(request));
  }
  stream.HalfClose();
  EXPECT_THAT(stream.ReceiveAnswerTo(good), IsOk());
  const auto response = stream.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->error_message(),
            "NOT_FOUND: [request id: unknown] Request for unknown model: 'nobody' is not found");
  EXPECT_EQ(response->infer_response().ShortDebugString(), "id: \"unknown\"");
  EXPECT_THAT(stream.ReceiveAnswerTo(good), IsOk());
  EXPECT_THAT(stream.ReceiveAnswerTo(WrongWidth()),
              StatusIs(Code::kInvalidArgument, HasSubstr("got shape [1, 3], want [rows, 4]")));
  EXPECT_THAT(stream.ReceiveAnswerTo(good), IsOk());
  EXPECT_FALSE(stream.Receive());
  EXPECT_THAT(stream.Finish(), IsOk());
}

TEST(StreamTest, EndsAtTheFirstErrorWhenAskedTo) {
  InferStream stream(ServerProcess::Shared(), {{"triton_grpc_error", "true"}});
  const Request good = RowRequest("iris", 0);
  for (const Request& request : {good, good, WrongWidth()}) ASSERT_TRUE(stream.Send(request));
  // The stream may be over by now.
  stream.Send(good);
  EXPECT_THAT(stream.ReceiveAnswerTo(good), IsOk());
  EXPECT_THAT(stream.ReceiveAnswerTo(good), IsOk());
  EXPECT_FALSE(stream.Receive());
  EXPECT_THAT(stream.Finish(), StatusIs(Code::kInvalidArgument, HasSubstr("got shape [1, 3]")));
}

TEST(StreamTest, GoesOnWhenErrorsShallNotEndIt) {
  InferStream stream(ServerProcess::Shared(), {{"triton_grpc_error", "false"}});
  const Request good = RowRequest("iris", 0);
  ASSERT_TRUE(stream.Send(UnknownModel()));
  ASSERT_TRUE(stream.Send(good));
  EXPECT_THAT(stream.ReceiveAnswerTo(UnknownModel()), StatusIs(Code::kNotFound, ::testing::_));
  EXPECT_THAT(stream.ReceiveAnswerTo(good), IsOk());
}

TEST(StreamTest, MarksTheFinalResponseWhenAskedTo) {
  InferStream stream(ServerProcess::Shared());
  Request asking = RowRequest("iris", 0);
  (*asking.mutable_parameters())["triton_enable_empty_final_response"].set_bool_param(true);
  Request failing = asking;
  failing.set_model_name("nobody");
  for (const Request& request : {asking, failing, RowRequest("iris", 0)}) {
    ASSERT_TRUE(stream.Send(request));
  }
  for (const bool marked : {true, true, false}) {
    const auto response = stream.Receive();
    ASSERT_TRUE(response);
    const auto& parameters = response->infer_response().parameters();
    EXPECT_EQ(parameters.size(), marked ? 1u : 0u);
    if (marked) {
      EXPECT_TRUE(parameters.at("triton_final_response").bool_param());
    }
  }
}

// Refused before its contents are looked at; the answer needs some of the request all the same.
TEST(StreamTest, AnswersALargeRequestThatIsRefusedByItsId) {
  InferStream stream(ServerProcess::Shared());
  Request request = MakeRequest("nobody", 4, std::vector<float>(40'000));
  request.set_id("the 7th");
  (*request.mutable_parameters())["triton_enable_empty_final_response"].set_bool_param(true);
  ASSERT_TRUE(stream.Send(request));
  const auto response = stream.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->error_message(),
            "NOT_FOUND: [request id: the 7th] Request for unknown model: 'nobody' is not found");
  EXPECT_EQ(response->infer_response().id(), "the 7th");
  EXPECT_TRUE(response->infer_response().parameters().at("triton_final_response").bool_param());
}

// A stream of bytes as they are.
class ByteStream {
 public:
  explicit ByteStream(ServerProcess& server) : stub_(server.channel()) {
    stream_ =
        stub_.PrepareCall(&context_, "/inference.GRPCInferenceService/ModelStreamInfer", &queue_);
    stream_->StartCall(nullptr);
    Await();
  }

  void Send(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    stream_->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    Await();
  }

  inference::ModelStreamInferResponse Receive() {
    grpc::ByteBuffer bytes;
    stream_->Read(&bytes, nullptr);
    Await();
    grpc::Slice slice;
    EXPECT_TRUE(bytes.DumpToSingleSlice(&slice).ok());
    inference::ModelStreamInferResponse response;
    EXPECT_TRUE(response.ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
    return response;
  }

  absl::Status HalfCloseAndFinish() {
    stream_->WritesDone(nullptr);
    Await();
    grpc::Status status;
    stream_->Finish(&status, nullptr);
    Await();
    return ToAbsl(status);
  }

 private:
  void Await() {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    EXPECT_TRUE(ok);
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

TEST(StreamTest, AnswersBytesThatAreNoMessage) {
  ByteStream stream(ServerProcess::Shared());
  const Request good = RowRequest("iris", 0);
  stream.Send("\xff\xff\xff\xff");
  stream.Send(good.SerializeAsString());
  EXPECT_EQ(stream.Receive().error_message(),
            "INVALID_ARGUMENT: the bytes are no ModelInferRequest");
  EXPECT_THAT(ReadAnswer(good, stream.Receive().infer_response()), IsOk());
  EXPECT_THAT(stream.HalfCloseAndFinish(), IsOk());
}

// A server that would wait longer for requests in flight than the test for its end, so that one
// which is never answered or given up shows.
class StreamServerTest : public ::testing::Test {
 protected:
  void ExpectToDrain() {
    server_.process().Signal(SIGTERM);
    EXPECT_EQ(server_.process().Wait(), 0);
    EXPECT_EQ(server_.process().errors(), "");
  }

  double Requests(const std::string& model, const std::string& code) const {
    return MetricsPage(server_).Sum("hillock_requests_total", {{"model", model}, {"code", code}});
  }

  // Sends until the stream is broken, and counts.
  static std::thread SendForEver(InferStream& stream, const Request& request,
                                 std::atomic<size_t>& sent) {
    return std::thread([&stream, &sent, request] {
      while (stream.Send(request)) ++sent;
    });
  }

  const SomeModels models_{"iris", "digits-relu"};
  ServerProcess server_{models_.path(), {"--reactors", "1", "--drain-seconds", "600"}};
};

TEST_F(StreamServerTest, StopsReadingFromAClientThatNeverReads) {
  // gRPC lets the windows of both ends grow to 16 MiB, so both messages are large.
  constexpr size_t kRows = 1000;
  constexpr size_t kBytes = kRows * (4 + 3) * sizeof(float);  // of a request and its answer
  constexpr size_t kTransportBytes = 128 << 20;
  const Request request = MakeRequest("iris", 4, std::vector<float>(4 * kRows));
  InferStream stream(server_);
  std::atomic<size_t> sent{0};
  std::thread sender = SendForEver(stream, request, sent);
  while (Requests("iris", "OK") < 16) std::this_thread::yield();
  // What it is sent stops growing, and others are served all the while.
  for (size_t before = 0; before != sent && sent * kBytes < kTransportBytes;) {
    before = sent;
    for (int i = 0; i < 200; ++i) {
      EXPECT_THAT(Infer(server_, RowRequest("digits-relu", 0)), IsOk());
    }
  }
  EXPECT_LT(sent * kBytes, kTransportBytes);
  EXPECT_THAT(Infer(server_, request), IsOk());
  stream.Cancel();
  sender.join();
  ExpectToDrain();
}

TEST_F(StreamServerTest, SurvivesACancelledStream) {
  InferStream stream(server_);
  std::atomic<size_t> sent{0};
  std::thread sender = SendForEver(stream, RowRequest("digits-relu", 0), sent);
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(stream.ReceiveAnswerTo(RowRequest("digits-relu", 0)), IsOk());
  }
  stream.Cancel();
  sender.join();
  while (stream.Receive()) continue;
  EXPECT_THAT(stream.Finish(), StatusIs(Code::kCancelled, ::testing::_));
  EXPECT_THAT(Infer(server_, RowRequest("iris", 0)), IsOk());
  ExpectToDrain();
}

TEST_F(StreamServerTest, EndsAStreamAtItsDeadline) {
  InferStream stream(server_, {}, std::chrono::milliseconds(500));
  const Request request = RowRequest("iris", 0);
  do {
    stream.Send(request);
  } while (stream.Receive());
  EXPECT_THAT(stream.Finish(), StatusIs(Code::kDeadlineExceeded, ::testing::_));
  EXPECT_GT(Requests("iris", "OK"), 0);
  ExpectToDrain();
}

TEST_F(StreamServerTest, GivesUpWhatComesAfterTheErrorThatEndsIt) {
  InferStream stream(server_, {{"triton_grpc_error", "true"}});
  std::atomic<size_t> sent{0};
  ASSERT_TRUE(stream.Send(UnknownModel()));
  std::thread sender = SendForEver(stream, RowRequest("iris", 0), sent);
  EXPECT_FALSE(stream.Receive());
  sender.join();
  EXPECT_THAT(stream.Finish(), StatusIs(Code::kNotFound, HasSubstr("'nobody'")));
  ExpectToDrain();
}

TEST_F(StreamServerTest, CountsEveryRequest) {
  constexpr size_t kRows = 300;
  InferStream stream(server_);
  std::thread sender([&] {
    for (size_t row = 0; row < kRows; ++row) stream.Send(RowRequest("digits-relu", row));
    stream.Send(WrongWidth());
    stream.Send(UnknownModel());
    stream.HalfClose();
  });
  for (size_t i = 0; i < kRows + 2; ++i) EXPECT_TRUE(stream.Receive());
  sender.join();
  EXPECT_THAT(stream.Finish(), IsOk());
  const MetricsPage page(server_);
  EXPECT_EQ(Requests("digits-relu", "OK"), kRows);
  EXPECT_EQ(Requests("iris", "INVALID_ARGUMENT"), 1);
  EXPECT_EQ(Requests("", "NOT_FOUND"), 1);
  EXPECT_EQ(page.Sum("hillock_requests_total"), kRows + 2);
  EXPECT_EQ(page.Sum("hillock_rows_total", {{"model", "digits-relu"}}), kRows);
  for (const std::string stage : {"queue", "compute", "total"}) {
    EXPECT_EQ(
        page.Sum("hillock_request_seconds_count", {{"model", "digits-relu"}, {"stage", stage}}),
        kRows);
  }
}

}  // namespace
}  // namespace hillock::testing
