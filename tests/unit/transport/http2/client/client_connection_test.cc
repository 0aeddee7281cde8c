// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/client/client_connection.h"

#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include <string>

#include "server/core/base/clock.h"
#include "tests/unit/transport/http2/client/client_connection_fixture.h"

namespace hillock::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Pair;

using Code = absl::StatusCode;

TEST_F(ClientConnectionTest, SendsWhatGrpcAsksFor) {
  Connect();
  EXPECT_EQ(ready_, 1);
  Start(message_);
  Go();
  ASSERT_EQ(server_->requests().size(), 1u);
  EXPECT_THAT(Request().headers,
              ElementsAre(Pair(":authority", "example.org:8001"), Pair(":method", "POST"),
                          Pair(":path", "/inference.GRPCInferenceService/ModelInfer"),
                          Pair(":scheme", "http"), Pair("content-type", "application/grpc"),
                          Pair("te", "trailers"), Pair("user-agent", "hillock")));
  EXPECT_EQ(Request().body, message_);
  EXPECT_TRUE(Request().complete);
}

TEST_F(ClientConnectionTest, SendsItsAuthorization) {
  const UnaryMethod method("http", "example.org:8001", "/some.Service/Method",
                           {{"authorization", "Bearer of news"}, {"x-tenant", "a"}});
  Owner& self = *this;
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  server_ = std::make_unique<ScriptedServer>(Descriptor(ends[1]));
  connection_ = std::make_unique<ClientConnection>(
      loop_, method, self, std::make_unique<SocketStream>(Descriptor(ends[0])));
  Go();
  Start(message_, Clock::Monotonic().Now() + FromSeconds(50));
  Go();
  EXPECT_EQ(Request().headers["authorization"], "Bearer of news");
  EXPECT_EQ(Request().headers["x-tenant"], "a");
  EXPECT_EQ(Request().headers.count("grpc-timeout"), 1u);
  connection_.reset();
}

TEST_F(ClientConnectionTest, TellsTheServerTheDeadline) {
  Connect();
  const Nanos now = Clock::Monotonic().Now();
  Start(message_, now + FromSeconds(50));
  Start(message_, now + FromSeconds(5000));
  Start(message_, now + FromSeconds(1e9));
  Start(message_, now - 1);
  Go();
  const char* const wanted[] = {"(50000000|49[0-9]{6})u", "(5000000|49[0-9]{5})m", "99999999m",
                                "1u"};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_THAT(Request(i).headers["grpc-timeout"], MatchesRegex(wanted[i]));
  }
}

TEST_F(ClientConnectionTest, TakesAnswers) {
  Connect();
  const ClientCall& first = Start(message_);
  const ClientCall& second = Start(message_);
  EXPECT_EQ(connection_->calls(), 2u);
  Go();
  server_->AnswerOk(Request(1).stream, 7);
  Go();
  const Ended ended = TakeEnded();
  EXPECT_EQ(ended.call, &second);
  EXPECT_EQ(ended.code, Code::kOk);
  EXPECT_EQ(ended.bytes, 7u);
  server_->AnswerOk(Request(0).stream, 0);
  Go();
  EXPECT_EQ(TakeEnded().call, &first);
  EXPECT_EQ(connection_->calls(), 0u);
}

TEST_F(ClientConnectionTest, UsesCallsAgain) {
  Connect();
  ClientCall& call = Start(message_);
  for (size_t i = 0; i < 3; ++i) {
    Go();
    server_->Answer(Request(i).stream, i == 1 ? "" : Message(i),
                    {{"grpc-status", i == 1 ? "5" : "0"}});
    Go();
    const Ended ended = TakeEnded();
    EXPECT_EQ(ended.code, i == 1 ? Code::kNotFound : Code::kOk);
    EXPECT_EQ(ended.bytes, i == 1 ? 0 : i);
    connection_->Start(call, message_);
  }
}

TEST_F(ClientConnectionTest, TakesErrorsWithoutBody) {
  Connect();
  Start(message_);
  Go();
  server_->AnswerTrailersOnly(Request().stream, {{":status", "200"},
                                                 {"content-type", "application/grpc"},
                                                 {"grpc-status", "3"},
                                                 {"grpc-message", "got 4%25, want %C3%A9"}});
  Go();
  const Ended ended = TakeEnded();
  EXPECT_EQ(ended.code, Code::kInvalidArgument);
  EXPECT_EQ(ended.message, "got 4%, want \xc3\xa9");
}

TEST_F(ClientConnectionTest, SurvivesBytesThatComeOneByOne) {
  Connect<DripStream>();
  for (int i = 0; i < 3; ++i) Start(message_);
  Go();
  ASSERT_EQ(server_->requests().size(), 3u);
  for (const auto& request : server_->requests()) server_->AnswerOk(request.stream, 9);
  Go();
  ASSERT_EQ(ended_.size(), 3u);
  for (const Ended& ended : ended_) EXPECT_EQ(ended.bytes, 9u) << ended.message;
}

TEST_F(ClientConnectionTest, TakesAnswersLargerThanItsWindows) {
  constexpr size_t kBytes = size_t{70} << 20;
  Connect();
  Start(message_);
  Go();
  server_->AnswerOk(Request().stream, kBytes);
  Go();
  EXPECT_EQ(TakeEnded().bytes, kBytes);
}

TEST_F(ClientConnectionTest, SendsRequestsLargerThanTheServersWindow) {
  const std::string large = Message(3'000'000);
  Connect();
  for (int i = 0; i < 2; ++i) Start(large);
  Go();
  ASSERT_EQ(server_->requests().size(), 2u);
  for (const auto& request : server_->requests()) EXPECT_TRUE(request.body == large);
}

TEST_F(ClientConnectionTest, KeepsTheServersLimitOfStreams) {
  Connect(1);
  for (int i = 0; i < 3; ++i) Start(message_);
  for (size_t i = 0; i < 3; ++i) {
    Go();
    ASSERT_EQ(server_->requests().size(), i + 1);
    server_->AnswerOk(Request(i).stream);
  }
  Go();
  EXPECT_EQ(ended_.size(), 3u);
}

TEST_F(ClientConnectionTest, NoticesWhenTheLimitIsRaised) {
  Connect(0);
  EXPECT_EQ(ready_, 1);
  Start(message_);
  Start(message_);
  Go();
  EXPECT_THAT(server_->requests(), IsEmpty());
  server_->LimitStreams(2);
  Go();
  EXPECT_EQ(server_->requests().size(), 2u);
}

TEST_F(ClientConnectionTest, AnswersPings) {
  Connect();
  server_->Ping();
  Go();
  EXPECT_EQ(server_->pings_answered(), 1u);
}

TEST_F(ClientConnectionTest, TellsTheServerWhatIsCancelled) {
  Connect();
  ClientCall& call = Start(message_);
  Go();
  connection_->Cancel(call);
  EXPECT_EQ(connection_->calls(), 0u);
  connection_->Start(call, message_);  // at once
  server_->AnswerOk(Request(0).stream);
  Go();
  EXPECT_EQ(Request(0).reset, NGHTTP2_CANCEL);
  EXPECT_THAT(ended_, IsEmpty()) << "an answer to what was cancelled";
  server_->AnswerOk(Request(1).stream);
  Go();
  EXPECT_EQ(TakeEnded().call, &call);
}

TEST_F(ClientConnectionTest, CancelsWhatHasNotLeft) {
  const std::string large = Message(3'000'000);
  Connect(2);
  ClientCall& large_call = Start(large);
  ClientCall& unsent = Start(message_);
  ClientCall& waiting = Start(message_);
  connection_->Cancel(unsent);
  connection_->Cancel(waiting);
  connection_->Flush();
  connection_->Cancel(large_call);
  connection_->Start(large_call, message_);
  Go();
  ASSERT_EQ(server_->requests().size(), 2u);
  EXPECT_EQ(Request(0).reset, NGHTTP2_CANCEL);
  EXPECT_EQ(Request(1).body, message_);
  EXPECT_TRUE(Request(1).complete);
}

TEST_F(ClientConnectionTest, StopsSendingWhatIsAnsweredAlready) {
  const std::string large = Message(3'000'000);
  Connect();
  Start(large);
  connection_->Flush();
  server_->Pump();
  server_->AnswerTrailersOnly(Request().stream, {{":status", "200"}, {"grpc-status", "8"}});
  Go();
  EXPECT_EQ(TakeEnded().code, Code::kResourceExhausted);
  EXPECT_EQ(Request().reset, NGHTTP2_NO_ERROR);
  Start(message_);
  Go();
  EXPECT_TRUE(Request(1).complete);
}

}  // namespace
}  // namespace hillock::transport
