// SPDX-License-Identifier: Apache-2.0
#include "server/rest/endpoint.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "proto/inference.pb.h"
#include "server/rest/connection.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/unit/rpc/one_reactor.h"

namespace hillock::rest {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr size_t kMaxMessageBytes = 100'000;
constexpr char kInfer[] = R"({"inputs":[{"name":"x","shape":[1],"datatype":"UINT8","data":[7]}]})";

// The methods of gRPC: calls wait until the test answers them.
class FakeMethods final : public transport::Router {
 public:
  struct Method final : transport::Handler {
    explicit Method(transport::Call& its_call) : call(&its_call) {}
    void OnMessage(transport::Buffer message) override { got = std::string(message.view()); }
    void OnHalfClose() override { waits = true; }
    void OnBroken(const absl::Status& status) override { broken = status; }
    void OnClosed(bool finished) override {
      call = nullptr;
      was_finished = finished;
    }

    transport::Call* call;  // null once it is closed
    std::string got;
    bool waits = false;
    bool was_finished = false;
    absl::Status broken;
  };

  transport::Handler* Open(transport::Call& call) override {
    if (!refusal.ok()) {
      call.Finish(refusal);
      return nullptr;
    }
    opened.push_back(std::make_unique<Method>(call));
    return opened.back().get();
  }

  absl::Status refusal;
  std::vector<std::unique_ptr<Method>> opened;
};

class EndpointTest : public ::testing::Test {
 protected:
  // One end of a connection whose other end is the server's.
  class Client {
   public:
    explicit Client(Endpoint& endpoint, std::string read_before = "") {
      int ends[2];
      EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
      mine_ = Descriptor(ends[0]);
      endpoint.Adopt(std::make_unique<transport::SocketStream>(Descriptor(ends[1])),
                     std::move(read_before));
    }

    void Send(std::string_view bytes) {
      EXPECT_EQ(send(mine_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(bytes.size()));
    }
    void Leave() { mine_ = Descriptor(-1); }

    std::string Receive() {
      char buffer[1 << 16];
      const ssize_t count = recv(mine_.get(), buffer, sizeof(buffer), 0);
      closed_ = count == 0;
      return count > 0 ? std::string(buffer, static_cast<size_t>(count)) : "";
    }
    bool closed() const { return closed_; }

   private:
    Descriptor mine_{-1};
    bool closed_ = false;
  };

  EndpointTest() {
    endpoint_.GiveAwayTo([this](auto stream, std::string bytes) {
      given_away_ = std::move(stream);
      given_bytes_ = std::move(bytes);
    });
  }
  ~EndpointTest() override { worker_.Stop(); }

  // Lets the reactor run until nothing happens any more.
  void Run() {
    int idle = 0;
    while (idle < 3) {
      const int events = reactor_->loop().Poll(0);
      const bool works = endpoint_.Work();
      endpoint_.Flush();
      idle = events == 0 && !works ? idle + 1 : 0;
    }
  }

  // The same, with what the worker does.
  std::string RunUntilAnswered(Client& client) {
    std::string answer;
    while (answer.empty()) {
      reactor_->loop().Poll(1'000'000);
      endpoint_.Work();
      endpoint_.Flush();
      answer = client.Receive();
    }
    return answer;
  }

  void Pass(Nanos time) {
    clock_.Advance(time);
    Run();
    endpoint_.Tick();
    Run();
  }

  std::string Ask(std::string_view request) {
    Client client(endpoint_);
    client.Send(request);
    Run();
    return client.Receive();
  }

  static std::string Post(std::string_view body, std::string_view headers = "") {
    return "POST /v2/models/pets/infer HTTP/1.1\r\nHost: h\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" + std::string(body);
  }

  FakeMethods::Method& method(size_t index = 0) { return *methods_.opened.at(index); }

  void AnswerInference(size_t index = 0, const std::string& raw = "\x8") {
    inference::ModelInferResponse response;
    response.set_model_name("pets");
    auto& output = *response.add_outputs();
    output.set_name("y");
    output.set_datatype("UINT8");
    response.add_raw_output_contents(raw);
    transport::Buffer message = method(index).call->NewBuffer();
    message.Append(response.SerializeAsString());
    method(index).call->Send(std::move(message));
    method(index).call->Finish(absl::OkStatus());
    Run();
  }

  testing::FakeClock clock_{1};
  rpc::OneReactor reactor_{
      std::make_shared<const model::Mlp>(testing::MlpBuilder(3).Add(2, "identity").Build()),
      {},
      {},
      clock_};
  FakeMethods methods_;
  rpc::Worker worker_;
  transport::MemoryBudget budget_{size_t{64} << 20};
  Endpoint endpoint_{*reactor_, methods_, worker_, budget_, kMaxMessageBytes};
  std::unique_ptr<transport::ByteStream> given_away_;
  std::string given_bytes_;
};

TEST_F(EndpointTest, TurnsARequestIntoACall) {
  Client client(endpoint_);
  client.Send(Post(kInfer, "Authorization: Bearer t\r\n"));
  Run();
  ASSERT_TRUE(method().waits);
  EXPECT_EQ(endpoint_.calls(), 1u);
  EXPECT_EQ(method().call->path(), "/inference.GRPCInferenceService/ModelInfer");
  EXPECT_EQ(method().call->metadata("authorization"), "Bearer t");
  EXPECT_EQ(method().call->deadline(), kNoDeadline);
  inference::ModelInferRequest request;
  ASSERT_TRUE(request.ParseFromString(method().got));
  EXPECT_THAT(request.raw_input_contents(), ElementsAre("\x7"));
  EXPECT_EQ(client.Receive(), "");
  AnswerInference();
  EXPECT_THAT(client.Receive(), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("[8]}]}")));
  EXPECT_TRUE(method().was_finished);
  EXPECT_EQ(endpoint_.calls(), 0u);
  EXPECT_EQ(budget_.taken() >> 21, 0u);
}

TEST_F(EndpointTest, TakesARequestWhereverReadsCutIt) {
  const std::string whole = Post(kInfer);
  for (size_t cut = 1; cut < whole.size(); cut += 7) {
    Client client(endpoint_, whole.substr(0, cut / 2));
    client.Send(whole.substr(cut / 2, cut - cut / 2));
    Run();
    client.Send(whole.substr(cut));
    Run();
    AnswerInference(methods_.opened.size() - 1);
    EXPECT_THAT(client.Receive(), EndsWith("[8]}]}")) << cut;
  }
}

TEST_F(EndpointTest, AnswersPipelinedRequestsInOrder) {
  Client client(endpoint_);
  client.Send(Post(kInfer) + Post(kInfer) + "GET /v2/openapi.json HTTP/1.1\r\n\r\n");
  Run();
  EXPECT_EQ(methods_.opened.size(), 1u);
  AnswerInference(0, "\x1");
  EXPECT_THAT(client.Receive(), EndsWith("[1]}]}"));
  AnswerInference(1, "\x2");
  EXPECT_THAT(client.Receive(), AllOf(HasSubstr("[2]}]}"), HasSubstr("\"openapi\"")));
}

TEST_F(EndpointTest, TakesChunksAndCompressedBodies) {
  const std::string chunked =
      "POST /v2/models/pets/infer HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: "
      "100-continue\r\n\r\n";
  Client client(endpoint_);
  client.Send(chunked);
  Run();
  EXPECT_EQ(client.Receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  for (const char byte : std::string(kInfer)) client.Send(std::string("1\r\n") + byte + "\r\n");
  client.Send("0\r\n\r\n");
  Run();
  AnswerInference();
  EXPECT_THAT(client.Receive(), EndsWith("[8]}]}"));

  uLongf size = 1000;
  std::string compressed(size, 0);
  compress(reinterpret_cast<Bytef*>(compressed.data()), &size,
           reinterpret_cast<const Bytef*>(kInfer), sizeof(kInfer) - 1);
  client.Send(Post(compressed.substr(0, size), "Content-Encoding: deflate\r\n"));
  Run();
  AnswerInference(1);
  EXPECT_THAT(client.Receive(), EndsWith("[8]}]}"));
  EXPECT_THAT(Ask(Post("none", "Content-Encoding: gzip\r\n")), HasSubstr("cannot be decompressed"));
}

TEST_F(EndpointTest, LeavesWhatIsLargeToTheWorker) {
  Client client(endpoint_);
  std::string json = kInfer;
  json.insert(1, "\"more\":\"" + std::string(50'000, 'x') + "\",");
  client.Send(Post(json, "Accept-Encoding: gzip\r\n"));
  while (methods_.opened.empty() || !method().waits) {
    reactor_->loop().Poll(1'000'000);
    endpoint_.Flush();
  }
  inference::ModelInferResponse response;
  auto& output = *response.add_outputs();
  output.set_datatype("UINT8");
  response.add_raw_output_contents(std::string(20'000, 'x'));
  transport::Buffer message = method().call->NewBuffer();
  message.Append(response.SerializeAsString());
  method().call->Send(std::move(message));
  method().call->Finish(absl::OkStatus());
  EXPECT_THAT(RunUntilAnswered(client), HasSubstr("Content-Encoding: gzip\r\n"));
}

TEST_F(EndpointTest, SurvivesClientsThatLeaveWhileTheWorkerHasTheirRequest) {
  std::string json = kInfer;
  json.insert(1, "\"more\":\"" + std::string(50'000, 'x') + "\",");
  for (int i = 0; i < 20; ++i) {
    Client client(endpoint_);
    client.Send(Post(json));
    Run();
    client.Leave();
    Run();
  }
  worker_.Stop();
  Run();
  EXPECT_EQ(endpoint_.connections(), 0u);
  EXPECT_EQ(budget_.taken() >> 21, 0u);
}

TEST_F(EndpointTest, EndsTheCallOfAClientThatLeaves) {
  Client client(endpoint_);
  client.Send(Post(kInfer));
  Run();
  client.Leave();
  Run();
  EXPECT_EQ(method().call, nullptr);
  EXPECT_FALSE(method().was_finished);
  EXPECT_EQ(endpoint_.connections(), 0u);
}

TEST_F(EndpointTest, TellsTheMethodOfBodiesThatAreNone) {
  EXPECT_THAT(Ask(Post("x")), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("got no JSON")));
  EXPECT_EQ(method().broken.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Ask(Post(kInfer, "Inference-Header-Content-Length: 999\r\n")),
              HasSubstr("got Inference-Header-Content-Length 999, want at most the"));
}

TEST_F(EndpointTest, RefusesBeforeTheBody) {
  methods_.refusal = absl::UnauthenticatedError("who");
  Client client(endpoint_);
  client.Send("POST /v2/models/pets/infer HTTP/1.1\r\nContent-Length: 9\r\n\r\n");
  Run();
  EXPECT_THAT(client.Receive(), AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("WWW-Authenticate"),
                                      HasSubstr("Connection: close")));
  EXPECT_THAT(client.Receive(), IsEmpty());
  EXPECT_TRUE(client.closed());
}

TEST_F(EndpointTest, KeepsTheConnectionWhenARefusedBodyIsHere) {
  methods_.refusal = absl::PermissionDeniedError("no");
  Client client(endpoint_);
  client.Send(Post(kInfer) + "POST /v2 HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
  Run();
  const std::string refused = client.Receive();
  EXPECT_THAT(refused, AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("HTTP/1.1 405")));
  EXPECT_THAT(refused, Not(HasSubstr("close")));
  methods_.refusal = absl::OkStatus();
  client.Send(Post(kInfer));
  Run();
  EXPECT_TRUE(method().waits);
}

struct Refusal {
  std::string request;
  const char* status;
  const char* what;
};

TEST_F(EndpointTest, SaysWhatIsWrong) {
  const std::string post = "POST /v2/models/pets/infer HTTP/1.1\r\nHost: h\r\n";
  for (const auto& [request, status, what] : std::vector<Refusal>{
           {"GET /v2/none HTTP/1.1\r\n\r\n", "404", "got path '/v2/none'"},
           {"POST /v2 HTTP/1.1\r\n\r\n", "405", "got POST, want GET, HEAD"},
           {"GET /v2 HTTP/2.0\r\n\r\n", "505", "want HTTP/1.1"},
           {"GET /v2 HTTP/1.1\n\n", "400", "without its end"},
           {"GET /v2 HTTP/1.1\r\nA: " + std::string(20'000, 'x'), "431", "16384 bytes"},
           {post + "Content-Length: 100001\r\n\r\n", "413", "100001 bytes, want at most 100000"},
           {post + "Content-Length: x\r\n\r\n", "400", "Content-Length 'x'"},
           {post + "Transfer-Encoding: gzip\r\n\r\n", "501", "want chunked"},
           {post + "Transfer-Encoding: chunked\r\n\r\nx\r\n", "400", "size of a chunk"},
           {post + "Transfer-Encoding: chunked\r\n\r\n30000\r\n", "429", "want at most 100000"},
           {post + "Content-Encoding: br\r\n\r\n", "415", "want gzip or deflate"},
           {post + "Inference-Header-Content-Length: -1\r\n\r\n", "400", "want a number"},
           {post + "Origin: http://evil\r\n\r\n", "403", "page of 'http://evil'"},
           {post + "Origin: null\r\n\r\n", "403", "page of 'null'"}}) {
    EXPECT_THAT(Ask(request), AllOf(StartsWith(std::string("HTTP/1.1 ") + status),
                                    HasSubstr("{\"error\":\""), HasSubstr(what)))
        << request.substr(0, 200);
  }
}

TEST_F(EndpointTest, LetsItsOwnPagesAsk) {
  Client client(endpoint_);
  client.Send(Post(kInfer, "Origin: http://h\r\n"));
  Run();
  EXPECT_TRUE(method().waits);
}

TEST_F(EndpointTest, LeavesTheBodyOutForHead) {
  const std::string answer = Ask("HEAD /v2/openapi.json HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(answer, HasSubstr("Content-Length: " + std::to_string(kOpenApi.size())));
}

TEST_F(EndpointTest, GivesOtherPathsAway) {
  Client client(endpoint_);
  client.Send("GET /metrics HTTP/1.1\r\n\r\n");
  Run();
  EXPECT_NE(given_away_, nullptr);
  EXPECT_EQ(given_bytes_, "GET /metrics HTTP/1.1\r\n\r\n");
  EXPECT_EQ(endpoint_.connections(), 0u);
}

TEST_F(EndpointTest, GivesUpOnSlowClients) {
  Client silent(endpoint_), head(endpoint_), body(endpoint_), served(endpoint_);
  head.Send("GET /v2");
  body.Send("POST /v2/models/pets/infer HTTP/1.1\r\nContent-Length: 9\r\n\r\nx");
  served.Send(Post(kInfer));
  Run();
  Pass(Connection::kHeadTime + 1);
  EXPECT_THAT(head.Receive(), StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(body.Receive(), "");
  Pass(Connection::kGraceTime);
  EXPECT_THAT(body.Receive(), StartsWith("HTTP/1.1 408"));
  Pass(Connection::kIdleTime);
  EXPECT_EQ(endpoint_.connections(), 1u);  // that waits for the server
}

TEST_F(EndpointTest, DrainsWithoutLosingARequest) {
  Client idle(endpoint_), asking(endpoint_), serving(endpoint_);
  serving.Send(Post(kInfer));
  Run();
  endpoint_.Drain();
  Run();
  AnswerInference(0);
  EXPECT_THAT(serving.Receive(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close")));
  asking.Send(Post(kInfer));
  Run();
  AnswerInference(1);
  EXPECT_THAT(asking.Receive(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close")));
  EXPECT_THAT(Ask(Post(kInfer)), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("shutting down")));
  serving.Leave();
  asking.Leave();
  Run();
  EXPECT_EQ(endpoint_.connections(), 1u);
  Pass(Connection::kDrainingTime + 1);
  EXPECT_EQ(endpoint_.connections(), 0u);
  EXPECT_EQ(idle.Receive(), "");
}

TEST_F(EndpointTest, HasABudget) {
  budget_.SetLimit(0);
  EXPECT_THAT(Ask(Post(kInfer)), AllOf(StartsWith("HTTP/1.1 429"), HasSubstr("memory")));
}

}  // namespace
}  // namespace hillock::rest
