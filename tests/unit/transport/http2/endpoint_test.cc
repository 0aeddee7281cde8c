// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/endpoint.h"

#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/transport/http2/connection.h"
#include "tests/unit/transport/http2/endpoint_fixture.h"

namespace hillock::transport {
namespace {

using testing::Framed;
using testing::H2Answer;
using testing::H2Peer;
using testing::Headers;

TEST_F(EndpointTest, AnswersWithHeadersMessageAndTrailers) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Echo");
  peer->Send(stream, Framed("hello"), true);
  Settle();
  const H2Answer& answer = peer->answer(stream);
  EXPECT_EQ(answer.headers, (Headers{{":status", "200"}, {"content-type", "application/grpc"}}));
  EXPECT_EQ(answer.data, Framed("hello"));
  EXPECT_EQ(answer.trailers, (Headers{{"grpc-status", "0"}}));
  EXPECT_TRUE(answer.closed);
  EXPECT_FALSE(answer.reset);
  EXPECT_EQ(last().Events(), "message hello, half-close, closed");
}

TEST_F(EndpointTest, PutsMessagesTogetherHoweverTheyAreCut) {
  const std::string sent = Framed("one") + Framed("") + Framed(std::string(70'000, 'x'));
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{4096}, sent.size()}) {
    const auto peer = Connect();
    const int32_t stream = peer->Start("/test/Take");
    for (size_t at = 0; at < sent.size(); at += piece) {
      if (piece > 3 || at < 64) Settle();
      peer->Send(stream, sent.substr(at, piece), at + piece >= sent.size());
    }
    Settle();
    EXPECT_EQ(last().Events(), fmt::format("message one, message , message {}, half-close",
                                           std::string(70'000, 'x')))
        << "in pieces of " << piece;
    Forget(*peer);
  }
}

TEST_F(EndpointTest, SendsMetadataAndPercentEncodesTheMessage) {
  const auto peer = Connect();
  const int32_t stream =
      peer->Start("/test/Take", {{"x-text", "abc"}, {"x-bin", "AQID"}, {"user-agent", "t"}});
  Settle();
  Call& call = *last().call;
  EXPECT_EQ(call.metadata("x-text"), "abc");
  EXPECT_EQ(call.AllMetadata(), (Metadata{{"x-text", "abc"}, {"x-bin", "\1\2\3"}}));
  call.AddInitialMetadata("x-first", "1");
  Buffer message = call.NewBuffer();
  call.Send(std::move(message));
  call.Finish(absl::NotFoundError("caf\xc3\xa9 100%\n"), {{"x-last-bin", "\1\2\3"}});
  Settle();
  EXPECT_EQ(peer->answer(stream).Value("x-first"), "1");
  EXPECT_EQ(peer->answer(stream).data, Framed(""));
  EXPECT_EQ(peer->answer(stream).trailers, (Headers{{"grpc-status", "5"},
                                                    {"grpc-message", "caf%C3%A9 100%25%0A"},
                                                    {"x-last-bin", "AQID"}}));
}

TEST_F(EndpointTest, EndsACallWithoutAMessageByItsHeadersAlone) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Echo");
  peer->Send(stream, "", true);
  Settle();
  EXPECT_EQ(
      peer->answer(stream).headers,
      (Headers{{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "0"}}));
  EXPECT_TRUE(peer->answer(stream).trailers.empty());
}

TEST_F(EndpointTest, TellsOfAClientWhoLeaves) {
  auto peer = Connect();
  const int32_t stream = peer->Start("/test/Take");
  peer->Send(stream, Framed("x"), false);
  Settle();
  peer->Reset(stream, NGHTTP2_CANCEL);
  Settle();
  EXPECT_EQ(last().Events(), "message x, gone");
  peer->Start("/test/Take");
  Settle();
  Forget(*peer);
  peer.reset();
  Settle();
  EXPECT_EQ(last().Events(), "gone");
  EXPECT_EQ(endpoint_.connections(), 0);
  EXPECT_LT(budget_.taken(), 2 * MemoryAccount::kStep);
}

// A request of HTTP/1.1 is told first, and nothing but that is sent.
TEST_F(EndpointTest, ClosesWhatIsNoHttp2) {
  for (const std::string bytes : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00"}) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    Descriptor peer(ends[1]);
    endpoint_.Adopt(std::make_unique<SocketStream>(Descriptor(ends[0])));
    ASSERT_EQ(send(peer.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    Settle();
    if (bytes.starts_with("GET")) {
      char answer[1024];
      const ssize_t size = recv(peer.get(), answer, sizeof(answer), 0);
      EXPECT_THAT(std::string(answer, static_cast<size_t>(std::max<ssize_t>(size, 0))),
                  ::testing::StartsWith("HTTP/1.1 400 Bad Request\r\n"));
      EXPECT_EQ(recv(peer.get(), answer, sizeof(answer), 0), 0);
      peer = Descriptor(-1);
      Settle();
    }
    EXPECT_EQ(endpoint_.connections(), 0) << bytes;
  }
}

// As gRPC's C core does when a call is over before it has begun.
TEST_F(EndpointTest, TakesNoNoticeOfTheResetOfAStreamThatWasNeverOpened) {
  const auto peer = Connect();
  Settle();
  const std::string reset("\0\0\4\3\0\0\0\0\7\0\0\0\10", 13);
  peer->SendRaw(reset);
  Settle();
  const int32_t stream = peer->Start("/test/Echo");
  peer->Send(stream, Framed("still here"), true);
  Settle();
  EXPECT_EQ(peer->answer(stream).data, Framed("still here"));
  EXPECT_TRUE(peer->goaways().empty());
}

TEST_F(EndpointTest, RefusesStreamsBeyondAThousand) {
  const auto peer = Connect();
  Settle();
  std::vector<int32_t> streams;
  for (int i = 0; i < 1000; ++i) streams.push_back(peer->Start("/test/Take"));
  Settle();
  EXPECT_EQ(handlers_.size(), 1000);
  for (const int32_t stream : streams) peer->Reset(stream, NGHTTP2_CANCEL);
  Settle();
  for (const auto& handler : handlers_) EXPECT_EQ(handler->Events(), "gone");
}

// Another endpoint to give connections to, on the same loop.
class MoveTest : public EndpointTest {
 protected:
  void SetUp() override {
    for (int i = 0; i < 2; ++i) clients_.push_back(Connect());
    Settle();
    for (const auto& client : clients_) Ask(*client);
  }

  void Ask(H2Peer& client) {
    const int32_t stream = client.Start("/test/Echo");
    client.Send(stream, Framed("hello"), true);
    SettleBoth();
    EXPECT_EQ(client.answer(stream).data, Framed("hello"));
  }

  void SettleBoth() {
    for (int i = 0; i < 5; ++i) {
      Settle();
      other_.Flush();
    }
  }

  Endpoint other_{loop_, *this, budget_, {}, clock_};
  std::vector<std::unique_ptr<H2Peer>> clients_;
};

TEST_F(MoveTest, ABusyConnectionGoesOnElsewhere) {
  std::unique_ptr<Connection> moving = endpoint_.Release();
  ASSERT_NE(moving, nullptr);
  other_.Adopt(std::move(moving));
  EXPECT_EQ(endpoint_.connections(), 1);
  EXPECT_EQ(other_.connections(), 1);
  for (const auto& client : clients_) Ask(*client);
}

TEST_F(MoveTest, WhatIsKnownOfAClientMovesWithItsConnection) {
  const auto client = Connect(1 << 20, {.entrance = Entrance::kControl});
  client->Start("/test/Take");
  SettleBoth();
  EXPECT_EQ(last().call->peer().entrance, Entrance::kControl);
  last().call->peer().credentials = "Bearer of good news";
  last().call->Finish(absl::OkStatus());
  SettleBoth();
  std::unique_ptr<Connection> moving = endpoint_.Release();
  ASSERT_NE(moving, nullptr);
  other_.Adopt(std::move(moving));
  client->Start("/test/Take");
  SettleBoth();
  EXPECT_EQ(last().call->peer().entrance, Entrance::kControl);
  EXPECT_EQ(last().call->peer().credentials, "Bearer of good news");
  clients_.front()->Start("/test/Take");
  SettleBoth();
  EXPECT_EQ(last().call->peer().entrance, Entrance::kPublic);
  EXPECT_EQ(last().call->peer().credentials, "");
}

TEST_F(MoveTest, KeepsTheLastBusyOne) {
  ASSERT_NE(endpoint_.Release(), nullptr);
  Ask(*clients_.front());
  EXPECT_EQ(endpoint_.Release(), nullptr);
}

TEST_F(MoveTest, KeepsConnectionsWithCalls) {
  for (const auto& client : clients_) client->Start("/test/Take");
  Settle();
  EXPECT_EQ(endpoint_.Release(), nullptr);
}

}  // namespace
}  // namespace hillock::transport
