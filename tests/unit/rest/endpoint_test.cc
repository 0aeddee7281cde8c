// SPDX-License-Identifier: Apache-2.0
#include "server/rest/endpoint.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "tests/unit/rest/endpoint_fixture.h"

namespace hillock::rest {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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

}  // namespace
}  // namespace hillock::rest
