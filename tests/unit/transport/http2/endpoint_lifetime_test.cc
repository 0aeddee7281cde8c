// SPDX-License-Identifier: Apache-2.0

// How connections and calls end: drains, deadlines, silent peers, old age.

#include <gmock/gmock.h>
#include <nghttp2/nghttp2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/wire/raw_h2.h"
#include "tests/unit/transport/http2/endpoint_fixture.h"

namespace hillock::transport {
namespace {

using testing::Framed;
using ::testing::HasSubstr;

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

TEST_F(EndpointTest, DropsAnAnswerThatNobodyTookByItsDeadline) {
  const auto peer = Connect(/*window=*/0);
  const int32_t stream = peer->Start("/test/Echo", {{"grpc-timeout", "100m"}});
  peer->Send(stream, Framed("x"), true);
  Settle();
  Pass(2 * kSecond);
  EXPECT_EQ(peer->answer(stream).reset, NGHTTP2_CANCEL);
  EXPECT_EQ(last().events.back(), "gone");
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
TEST_F(EndpointWireTest, AsksAfterTheNoticeOfADrain) {
  Exchange();
  wire_->to_client.clear();
  endpoint_.Drain();
  endpoint_.Flush();
  EXPECT_EQ(FrameTypes(wire_->to_client), (std::string{NGHTTP2_GOAWAY, NGHTTP2_PING}));
}

// Before the end of the headers nothing may be answered, and the one answer comes after it.
TEST_F(EndpointWireTest, CountsADeadlineFromTheEndOfTheHeaders) {
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

TEST_F(EndpointWireTest, OpensNoCallBeyondTheLastOneThatItNames) {
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

}  // namespace
}  // namespace hillock::transport
