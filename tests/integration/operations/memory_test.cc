// SPDX-License-Identifier: Apache-2.0

// What requests and answers took is given back, and what they may take is bounded.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/wire/h2_peer.h"
#include "tests/support/wire/raw_h2.h"

namespace hillock::testing {
namespace {

using Code = absl::StatusCode;
using Reading = RawH2::Reading;

constexpr size_t kMiB = size_t{1} << 20;
constexpr std::chrono::seconds kConnectTime(30);

std::string Repeated(std::string_view piece, size_t bytes) {
  std::string text;
  text.reserve(bytes);
  while (text.size() + piece.size() <= bytes) text += piece;
  return text;
}

std::string Rows(const std::string& model, size_t width, size_t rows) {
  return MakeRequest(model, width, std::vector<float>(width * rows, 0.5f)).SerializeAsString();
}

// What a message is made of, how often it is sent, by how many at a time, and what it gets.
struct Costly {
  std::string name;
  std::function<std::string()> message;
  size_t calls = 1;
  size_t callers = 1;
  Code code = Code::kInvalidArgument;
};

void PrintTo(const Costly& costly, std::ostream* out) { *out << costly.name; }

class CostlyMessageTest : public ::testing::TestWithParam<Costly> {
 protected:
  static void SetUpTestSuite() { server_ = new BesiegedServer; }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  // Each caller has a connection of its own for each call. gRPC 1.51 takes a connect() in progress
  // for one that failed when its own malloc() sets errno after it, and tries again.
  static void Send(const std::string& message) {
    const Costly& costly = GetParam();
    for (size_t i = 0; i < costly.calls / costly.callers; ++i) {
      const auto channel = WellBehavedClient::Connect(server_->address());
      EXPECT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + kConnectTime));
      EXPECT_THAT(CallWithBytes(channel, kModelInfer, message),
                  StatusIs(costly.code, ::testing::_));
    }
  }

  static BesiegedServer* server_;
};

BesiegedServer* CostlyMessageTest::server_ = nullptr;

TEST_P(CostlyMessageTest, LeavesNothingBehind) {
  const std::string message = GetParam().message();
  server_->Endure([&] {
    std::vector<std::thread> callers;
    for (size_t i = 0; i < GetParam().callers; ++i) callers.emplace_back([&] { Send(message); });
    for (std::thread& caller : callers) caller.join();
  });
}

// "iris", and a piece that is repeated.
auto Iris(std::string_view piece, size_t megabytes) {
  return [=] { return "\x0a\x04iris" + Repeated(piece, megabytes * kMiB); };
}

using namespace std::string_view_literals;  // of pieces with zero bytes
using namespace std::string_literals;

const std::vector<Costly> kCostly = {
    {"LargeRequests", [] { return Rows("fashion-mnist", 784, 20'000); }, 4, 2, Code::kOk},
    {"ManyInFlight", [] { return Rows("fashion-mnist", 784, 512); }, 128, 16, Code::kOk},
    {"EmptyInputs", Iris("\x2a\x00"sv, 4), 24},
    {"MapEntries", Iris("\x22\x00"sv, 60), 3, 3},
    {"EmptyOutputs", Iris("\x32\x00"sv, 16), 4, 2},
    {"EmptyContents", Iris("\x2a\x02\x2a\x00"sv, 16), 4, 2},
    {"EmptyRawContents", Iris("\x3a\x00"sv, 16), 4, 2},
    {"UnknownFields", Iris("\x78\x00"sv, 16), 4, 2},
    {"SameOutput",
     [] { return Rows("iris", 4, 1) + Repeated("\x32\x07\x0a\x05label"sv, 16 * kMiB); }, 4, 2},
    {"TooLarge", Iris("\x22\x00"sv, 70), 2, 1, Code::kResourceExhausted},
};

INSTANTIATE_TEST_SUITE_P(Each, CostlyMessageTest, ::testing::ValuesIn(kCostly),
                         [](const auto& test) { return test.param.name; });

class MemoryTest : public ::testing::Test {
 protected:
  BesiegedServer server_;
};

// Calls of many callers on one connection, each of whom waits for its answer.
void CallWithDeadline(const std::string& address, size_t callers, size_t calls,
                      std::chrono::microseconds timeout) {
  const auto channel = WellBehavedClient::Connect(address);
  const auto stub = inference::GRPCInferenceService::NewStub(channel);
  const auto request = MakeRequest("iris", 4, std::vector<float>(4));
  struct Caller {
    std::unique_ptr<grpc::ClientContext> context;
    inference::ModelInferResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
  };
  grpc::CompletionQueue queue;
  std::map<grpc::StatusCode, size_t> codes;
  std::vector<Caller> all(callers);
  size_t begun = 0;
  const auto begin = [&](Caller& caller) {
    ++begun;
    caller.context = std::make_unique<grpc::ClientContext>();
    caller.context->set_deadline(std::chrono::system_clock::now() + timeout);
    caller.reader = stub->AsyncModelInfer(caller.context.get(), request, &queue);
    caller.reader->Finish(&caller.response, &caller.status, &caller);
  };
  for (Caller& caller : all) begin(caller);
  for (size_t ended = 0; ended < begun; ++ended) {
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    auto& caller = *static_cast<Caller*>(tag);
    ++codes[caller.status.error_code()];
    if (begun < calls) begin(caller);
  }
  EXPECT_EQ(codes[grpc::OK] + codes[grpc::DEADLINE_EXCEEDED], calls)
      << codes[grpc::UNAVAILABLE] << " lost their connection";
}

TEST_F(MemoryTest, ShortDeadlines) {
  server_.Endure([&] {
    CallWithDeadline(server_.address(), 64, 10'000, std::chrono::microseconds(500));
    CallWithDeadline(server_.address(), 1000, 10'000, std::chrono::milliseconds(1));
  });
}

// Answers of which the client takes nothing: unary calls, and streams.
TEST_F(MemoryTest, UnreadAnswers) {
  const std::string message = Framed(Rows("curve-tanh", 1, 65'536));
  server_.Endure([&] {
    for (const char* method : {kModelInfer, kModelStreamInfer}) {
      RawH2 peer(server_.address(), Reading::kNothing);
      peer.Send(Hello({{kInitialWindowSize, 0}}) + SettingsAck());
      // The window of the connection, and of each stream.
      peer.SendMany(200, [&](uint32_t n) {
        return CallHeaders(StreamId(n), method) + DataFrames(StreamId(n), message, true);
      });
    }
  });
}

// Messages that are announced, and arrive in part or not at all.
TEST_F(MemoryTest, DeclaredSizes) {
  const std::string huge = "\0\x3b\x9a\xca\0"s;  // a prefix of a billion bytes
  const std::string large = "\0\x03\xff\xff\xff"s;
  server_.Endure([&] {
    RawH2 announces(server_.address());
    announces.Send(Hello());
    announces.SendMany(900, [&](uint32_t n) {
      return CallHeaders(StreamId(n), kModelInfer) + DataFrames(StreamId(n), huge, false);
    });
    EXPECT_TRUE(announces.ReadUntil([&] { return announces.Frames(FrameType::kReset) >= 900; }));
    RawH2 begins(server_.address());
    begins.Send(Hello() + SettingsAck());
    begins.SendMany(100, [&](uint32_t n) {
      return CallHeaders(StreamId(n), kModelInfer) +
             DataFrames(StreamId(n), large + std::string(500'000, '\0'), false);
    });
  });
}

}  // namespace
}  // namespace hillock::testing
