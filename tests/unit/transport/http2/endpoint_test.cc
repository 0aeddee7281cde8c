// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/endpoint.h"

#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/transport/grpc/compression.h"
#include "server/transport/grpc/grpc_protocol.h"
#include "server/transport/http2/connection.h"
#include "tests/support/wire/memory_stream.h"
#include "tests/support/wire/raw_h2.h"
#include "tests/unit/transport/http2/endpoint_fixture.h"

namespace hillock::transport {
namespace {

using testing::Framed;
using testing::H2Answer;
using testing::H2Peer;
using ::testing::HasSubstr;
using testing::Headers;

std::string Zipped(std::string_view text) {
  Buffer out;
  Gzip(text, out);
  return std::string(out.view());
}

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

// A call that is refused by its headers.
struct BadHeaders {
  const char* name;
  std::string path;
  Headers headers;
  Headers want;
};

class RefusedByHeadersTest : public EndpointTest,
                             public ::testing::WithParamInterface<BadHeaders> {};

TEST_P(RefusedByHeadersTest, SaysWhy) {
  const auto peer = Connect();
  const int32_t stream = peer->Start(GetParam().path, GetParam().headers);
  peer->Send(stream, Framed("more"), false);
  Settle();
  const H2Answer& answer = peer->answer(stream);
  for (const auto& [name, value] : GetParam().want) {
    EXPECT_THAT(answer.Value(name), HasSubstr(value)) << name;
  }
  EXPECT_EQ(answer.reset, NGHTTP2_NO_ERROR) << "the rest of the request is not wanted";
  EXPECT_TRUE(handlers_.empty());
  const int32_t good = peer->Start("/test/Echo");
  peer->Send(good, Framed("still here"), true);
  Settle();
  EXPECT_EQ(peer->answer(good).data, Framed("still here"));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedByHeadersTest,
    ::testing::Values(
        BadHeaders{"UnknownMethod",
                   "/no.such/Method",
                   {},
                   {{"grpc-status", "12"}, {"grpc-message", "unknown method /no.such/Method"}}},
        BadHeaders{"Get", "/test/Echo", {{":method", "GET"}}, {{":status", "405"}}},
        BadHeaders{
            "Json", "/test/Echo", {{"content-type", "application/json"}}, {{":status", "415"}}},
        BadHeaders{"NoTimeout",
                   "/test/Echo",
                   {{"grpc-timeout", "1x"}},
                   {{"grpc-status", "13"}, {"grpc-message", "grpc-timeout"}}},
        BadHeaders{"Encoding",
                   "/test/Echo",
                   {{"grpc-encoding", "snappy"}},
                   {{"grpc-status", "12"}, {"grpc-accept-encoding", "identity,gzip,deflate"}}},
        BadHeaders{"LargeHeaders",
                   "/test/Echo",
                   {{"x", std::string(20'000, 'x')}},
                   {{"grpc-status", "8"}, {"grpc-message", "bytes of headers"}}}),
    [](const auto& tested) { return tested.param.name; });

// A call that breaks by its data.
struct BadData {
  const char* name;
  std::string data;
  bool end;
  Headers headers;
  std::string code;  // as the handler is told
  std::string message;
};

class BrokenByDataTest : public EndpointTest, public ::testing::WithParamInterface<BadData> {};

TEST_P(BrokenByDataTest, TellsHandlerAndClient) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Take", GetParam().headers);
  peer->Send(stream, GetParam().data, GetParam().end);
  Settle();
  EXPECT_THAT(last().Events(), HasSubstr("broken " + GetParam().code));
  EXPECT_THAT(last().Events(), HasSubstr("closed"));
  EXPECT_THAT(PercentDecode(peer->answer(stream).Value("grpc-message")),
              HasSubstr(GetParam().message));
  const int32_t good = peer->Start("/test/Echo");
  peer->Send(good, Framed("still here"), true);
  Settle();
  EXPECT_EQ(peer->answer(good).data, Framed("still here"));
}

const Headers kGzip = {{"grpc-encoding", "gzip"}};

INSTANTIATE_TEST_SUITE_P(
    All, BrokenByDataTest,
    ::testing::Values(
        BadData{"Flag", Framed("x", 7), true, {}, "INTERNAL", "flag is 7"},
        BadData{"CompressedWithoutEncoding",
                Framed("x", 1),
                true,
                {},
                "INTERNAL",
                "without a grpc-encoding"},
        BadData{"EndInPrefix", std::string(3, '\0'), true, {}, "INTERNAL", "in a message"},
        BadData{"EndInMessage", Framed("hello").substr(0, 7), true, {}, "INTERNAL", "in a message"},
        BadData{"TooLarge",
                std::string("\0\x00\x20\x00\x00", 5),
                false,
                {},
                "RESOURCE_EXHAUSTED",
                "2097152 bytes, want at most 1048576"},
        BadData{"DeclaredGigabyte",
                std::string("\0\x40\x00\x00\x00", 5),
                false,
                {},
                "RESOURCE_EXHAUSTED",
                "want at most 1048576"},
        BadData{"NoGzip", Framed("no gzip at all", 1), true, kGzip, "INTERNAL",
                "cannot be decompressed"},
        BadData{"CutGzip", Framed(Zipped("hello world").substr(0, 20), 1), true, kGzip, "INTERNAL",
                "cannot be decompressed"},
        BadData{"Bomb", Framed(Zipped(std::string(2 << 20, '\0')), 1), true, kGzip,
                "RESOURCE_EXHAUSTED", "more than 1048576 bytes"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(EndpointTest, DecompressesInSlices) {
  const auto peer = Connect();
  const std::string large(900'000, 'a');
  const int32_t stream = peer->Start("/test/Take", kGzip);
  peer->Send(stream, Framed(Zipped("small"), 1) + Framed(Zipped(large), 1) + Framed("plain"), true);
  peer->Pump();
  loop_.Poll(0);
  loop_.Poll(0);
  EXPECT_EQ(last().Events(), "message small") << "the large one is not decompressed at once";
  Settle();
  EXPECT_EQ(last().Events(), "message small, message " + large + ", message plain, half-close");
}

TEST_F(EndpointTest, CompressesForWhoAcceptsIt) {
  const auto peer = Connect();
  const std::string text(10'000, 'z');
  for (const bool accepts : {true, false}) {
    Headers headers = {{"compress", "yes"}};
    if (accepts) headers.emplace_back("grpc-accept-encoding", "identity,gzip");
    const int32_t stream = peer->Start("/test/Echo", headers);
    peer->Send(stream, Framed(text), true);
    Settle();
    const H2Answer& answer = peer->answer(stream);
    EXPECT_EQ(answer.Value("grpc-encoding"), accepts ? "gzip" : "");
    EXPECT_EQ(answer.data.at(0), accepts ? 1 : 0);
    EXPECT_EQ(answer.data.size() < 1000, accepts) << answer.data.size();
  }
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

TEST_F(EndpointTest, HoldsThePausedBack) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Take");
  Settle();
  last().call->SetPaused(true);
  const std::string message = Framed(std::string(100'000, 'm'));
  for (int i = 0; i < 40; ++i) peer->Send(stream, message, i == 39);
  Settle();
  EXPECT_TRUE(last().events.empty());
  EXPECT_LT(budget_.taken(), size_t{4} << 20) << "no more than the stream's window arrives";
  last().call->SetPaused(false);
  Settle();
  EXPECT_EQ(last().messages.size(), 40);
  EXPECT_EQ(last().events.back(), "half-close");
}

// A client that is always ahead of a handler that pauses after each message.
TEST_F(EndpointTest, KeepsNoMoreThanTheWindowOfWhoIsAlwaysAhead) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Take");
  Settle();
  last().call->SetPaused(true);
  last().pauses = true;
  const std::string message = Framed(std::string(100'000, 'm'));
  for (int i = 0; i < 15; ++i) peer->Send(stream, message, false);
  for (int i = 0; i < 200; ++i) {
    peer->Send(stream, message, false);
    Settle();
    last().call->SetPaused(false);
    last().messages.clear();
  }
  EXPECT_EQ(last().events.size(), 200);
  EXPECT_LT(endpoint_.account().used(), size_t{4} << 20);
}

TEST_F(EndpointTest, WaitsForAClientToTakeItsAnswer) {
  const auto peer = Connect(/*window=*/10);
  const int32_t stream = peer->Start("/test/Take");
  Settle();
  Call& call = *last().call;
  Buffer message = call.NewBuffer();
  message.Append(std::string(995, 'r'));
  call.Send(std::move(message));
  Settle();
  EXPECT_EQ(call.unsent_bytes(), 990);
  EXPECT_EQ(last().Events(), "sent");
  peer->OpenWindow(stream, 2000);
  Settle();
  EXPECT_EQ(call.unsent_bytes(), 0);
  call.Finish(absl::OkStatus());
  Settle();
  EXPECT_EQ(peer->answer(stream).data.size(), 1000);
  EXPECT_EQ(peer->answer(stream).Value("grpc-status"), "0");
}

TEST_F(EndpointTest, DrainsInTwoSteps) {
  const auto peer = Connect();
  const int32_t before = peer->Start("/test/Take");
  Settle();
  Recorder& first = last();
  endpoint_.Drain();
  endpoint_.Flush();
  const int32_t meanwhile = peer->Start("/test/Take");
  peer->Send(meanwhile, Framed("sent before GOAWAY was seen"), false);
  peer->FallSilent();
  Settle();
  EXPECT_EQ(first.Events(), "drain");
  EXPECT_EQ(last().Events(), "message sent before GOAWAY was seen");
  EXPECT_EQ(endpoint_.connections(), 1);
  Pass(2 * kSecond);
  EXPECT_EQ(first.Events(), "drain") << "it is told once";
  EXPECT_EQ(last().Events(), "message sent before GOAWAY was seen, drain");
  static_cast<void>(before);
}

TEST_F(EndpointTest, ClosesADrainedConnectionAfterItsLastAnswer) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Take");
  Settle();
  endpoint_.Drain();
  Settle();
  EXPECT_EQ(peer->goaways(), (std::vector<int32_t>{INT32_MAX, stream}));
  EXPECT_EQ(peer->goaway_code(), NGHTTP2_NO_ERROR);
  EXPECT_FALSE(peer->closed());
  last().call->Finish(absl::OkStatus());
  Settle();
  EXPECT_EQ(peer->answer(stream).Value("grpc-status"), "0");
  EXPECT_TRUE(peer->closed());
  Pass(2 * kSecond);
  EXPECT_EQ(endpoint_.connections(), 0);
}

TEST_F(EndpointTest, GivesUpADrainedPeerThatTakesNothing) {
  const auto peer = Connect(/*window=*/0);
  const int32_t stream = peer->Start("/test/Echo");
  peer->Send(stream, Framed("never taken"), true);
  Settle();
  endpoint_.Drain();
  Settle();
  EXPECT_EQ(endpoint_.connections(), 1);
  Pass(2 * kSecond);
  EXPECT_EQ(endpoint_.connections(), 0);
  EXPECT_THAT(last().Events(), HasSubstr("gone"));
}

TEST_F(EndpointTest, DrainsWhoComesLate) {
  endpoint_.Drain();
  const auto peer = Connect();
  Settle();
  EXPECT_TRUE(peer->closed());
}

TEST_F(EndpointTest, AsksASilentPeerForASignOfLife) {
  const auto peer = Connect();
  Settle();
  Pass(61 * kSecond);
  EXPECT_EQ(peer->pings(), 1);
  Pass(61 * kSecond);
  EXPECT_EQ(peer->pings(), 2) << "it answered, so it is asked anew";
  peer->FallSilent();
  Pass(61 * kSecond);
  Pass(21 * kSecond);
  EXPECT_EQ(endpoint_.connections(), 0);
}

TEST_F(EndpointTest, ClosesAPeerThatNeverSpeaks) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  const Descriptor peer(ends[1]);
  endpoint_.Adopt(std::make_unique<SocketStream>(Descriptor(ends[0])));
  Pass(10 * kSecond);
  EXPECT_EQ(endpoint_.connections(), 1);
  Pass(11 * kSecond);
  EXPECT_EQ(endpoint_.connections(), 0);
}

TEST_F(EndpointTest, EndsARequestWhoseDeadlinePasses) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Take", {{"grpc-timeout", "100m"}});
  peer->Send(stream, Framed("x").substr(0, 4), false);
  Settle();
  Pass(kSecond / 20);
  EXPECT_EQ(peer->answer(stream).Value("grpc-status"), "");
  Pass(kSecond / 10);
  EXPECT_EQ(peer->answer(stream).Value("grpc-status"), "4");
  EXPECT_EQ(last().Events(), "broken DEADLINE_EXCEEDED, closed");
}

// A client in memory, whose server's socket takes what the test says.
class WireTest : public EndpointTest {
 protected:
  static constexpr int32_t kWindow = 64 << 20;

  WireTest() {
    endpoint_.Adopt(std::make_unique<testing::MemoryStream>(wire_));
    peer_.OpenWindow(0, kWindow);
  }

  void Exchange() {
    wire_->to_server += peer_.TakeBytes();
    loop_.Poll(0);
    endpoint_.Flush();
  }

  int32_t Begin() {
    const int32_t stream = peer_.Start("/test/Take");
    Exchange();
    return stream;
  }

  // A message to the client of the last call.
  void Answer(size_t bytes) {
    Buffer message = last().call->NewBuffer();
    message.Append(std::string(bytes, 'a'));
    last().call->Send(std::move(message));
  }

  std::shared_ptr<testing::Wire> wire_ = std::make_shared<testing::Wire>();
  H2Peer peer_{Descriptor(-1), kWindow};
};

TEST_F(WireTest, SendsAllThatTheSocketTakesAtOnce) {
  std::vector<int32_t> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(Begin());
    Answer(100'000);
    last().call->Finish(absl::OkStatus());
  }
  endpoint_.Flush();
  peer_.GiveBytes(wire_->to_client);
  for (const int32_t stream : streams) {
    EXPECT_EQ(peer_.answer(stream).data.size(), 100'005) << stream;
    EXPECT_EQ(peer_.answer(stream).Value("grpc-status"), "0") << stream;
  }
}

TEST_F(WireTest, MakesNoMoreReadyThanTheSocketTakesSoon) {
  wire_->room = 1000;
  Begin();
  Answer(5'000'000);
  endpoint_.Flush();
  EXPECT_GT(last().call->unsent_bytes(), 4'500'000);
  EXPECT_LT(endpoint_.account().used(), 6'000'000);
}

// The types of whole frames.
std::string FrameTypes(std::string_view bytes) {
  std::string types;
  while (!bytes.empty()) {
    types.push_back(bytes[3]);
    const auto at = [bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
    bytes.remove_prefix(9 + (size_t{at(0)} << 16 | size_t{at(1)} << 8 | at(2)));
  }
  return types;
}

// Else the answer to the PING would not say that the GOAWAY has been seen.
TEST_F(WireTest, AsksAfterTheNoticeOfADrain) {
  Exchange();
  wire_->to_client.clear();
  endpoint_.Drain();
  endpoint_.Flush();
  EXPECT_EQ(FrameTypes(wire_->to_client), (std::string{NGHTTP2_GOAWAY, NGHTTP2_PING}));
}

// Before the end of the headers nothing may be answered, and the one answer comes after it.
TEST_F(WireTest, CountsADeadlineFromTheEndOfTheHeaders) {
  Exchange();
  const std::string fields = testing::CallFields("/test/Take") +
                             testing::Field("grpc-timeout", "1m") +
                             testing::Field("grpc-encoding", "snappy") + testing::Field("a", "b");
  const size_t cut = fields.size() - 3;
  using testing::FrameType;
  wire_->to_server += Frame(FrameType::kHeaders, testing::kNoFlags, 1, fields.substr(0, cut));
  wire_->to_client.clear();
  Exchange();
  clock_.Advance(kSecond);
  endpoint_.Tick();
  Exchange();
  EXPECT_EQ(FrameTypes(wire_->to_client), "");
  wire_->to_server += Frame(FrameType::kContinuation, testing::kEndHeaders, 1, fields.substr(cut));
  Exchange();
  EXPECT_EQ(FrameTypes(wire_->to_client), (std::string{NGHTTP2_HEADERS, NGHTTP2_RST_STREAM}));
}

TEST_F(WireTest, OpensNoCallBeyondTheLastOneThatItNames) {
  Begin();
  endpoint_.Drain();
  endpoint_.Flush();
  peer_.SendRaw(std::string("\0\0\x08\x06\1\0\0\0\0drain\0\0\0", 17));  // the PING's answer
  const int32_t late = Begin();
  EXPECT_EQ(handlers_.size(), 1);
  peer_.GiveBytes(wire_->to_client);
  EXPECT_EQ(peer_.goaways().back(), late - 2);
  EXPECT_TRUE(peer_.answer(late).headers.empty());
}

TEST_F(WireTest, KeepsNothingOfWhatHasLeft) {
  wire_->room = 100'000;
  Begin();
  for (int i = 0; i < 400; ++i) {
    if (last().call->unsent_bytes() < 500'000) Answer(500'000);
    endpoint_.Flush();
    wire_->to_client.clear();
  }
  EXPECT_LT(endpoint_.account().used(), 3'000'000);
}

TEST_F(EndpointTest, DropsAnAnswerThatNobodyTookByItsDeadline) {
  const auto peer = Connect(/*window=*/0);
  const int32_t stream = peer->Start("/test/Echo", {{"grpc-timeout", "100m"}});
  peer->Send(stream, Framed("x"), true);
  Settle();
  Pass(2 * kSecond);
  EXPECT_EQ(peer->answer(stream).reset, NGHTTP2_CANCEL);
  EXPECT_EQ(last().events.back(), "gone");
}

TEST_F(EndpointTest, RefusesWhatTheBudgetHasNoRoomFor) {
  budget_.SetLimit(size_t{2} << 20);
  const auto peer = Connect();
  std::vector<int32_t> streams;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(peer->Start("/test/Take"));
    peer->Send(streams.back(), Framed(std::string(1 << 20, 'b')).substr(0, 1 << 20), false);
    Settle();
  }
  EXPECT_EQ(peer->answer(streams.front()).Value("grpc-status"), "");
  EXPECT_EQ(peer->answer(streams.back()).Value("grpc-status"), "8");
  EXPECT_THAT(PercentDecode(peer->answer(streams.back()).Value("grpc-message")),
              HasSubstr("memory for requests is used up"));
  const int32_t good = peer->Start("/test/Echo");
  peer->Send(good, Framed("small"), true);
  Settle();
  EXPECT_EQ(peer->answer(good).data, Framed("small"));
}

TEST_F(EndpointTest, ClosesWhatIsNoHttp2) {
  for (const std::string bytes : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00"}) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    const Descriptor peer(ends[1]);
    endpoint_.Adopt(std::make_unique<SocketStream>(Descriptor(ends[0])));
    ASSERT_EQ(send(peer.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    Settle();
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

class AgeTest : public EndpointTest {
 protected:
  AgeTest() : EndpointTest({.max_connection_age = 100 * kSecond}) {}
};

TEST_F(AgeTest, AsksOldConnectionsToLeaveAndFinishesTheirCalls) {
  const auto peer = Connect();
  const int32_t stream = peer->Start("/test/Take");
  Settle();
  Pass(50 * kSecond);
  peer->Send(stream, Framed("a sign of life"), false);
  Settle();
  Pass(39 * kSecond);
  EXPECT_TRUE(peer->goaways().empty());
  Pass(22 * kSecond);
  EXPECT_EQ(peer->goaways(), (std::vector<int32_t>{INT32_MAX, stream}));
  EXPECT_EQ(last().Events(), "message a sign of life") << "it is not told to end";
  last().call->Finish(absl::OkStatus());
  Settle();
  EXPECT_TRUE(peer->closed());
}

}  // namespace
}  // namespace hillock::transport
