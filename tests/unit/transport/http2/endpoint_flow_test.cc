// SPDX-License-Identifier: Apache-2.0

// How much an endpoint holds: windows, paused calls, slow sockets, the memory budget.

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "server/transport/grpc/grpc_protocol.h"
#include "tests/unit/transport/http2/endpoint_fixture.h"

namespace hillock::transport {
namespace {

using testing::Framed;
using ::testing::HasSubstr;

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

TEST_F(EndpointWireTest, SendsAllThatTheSocketTakesAtOnce) {
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

TEST_F(EndpointWireTest, MakesNoMoreReadyThanTheSocketTakesSoon) {
  wire_->room = 1000;
  Begin();
  Answer(5'000'000);
  endpoint_.Flush();
  EXPECT_GT(last().call->unsent_bytes(), 4'500'000);
  EXPECT_LT(endpoint_.account().used(), 6'000'000);
}

TEST_F(EndpointWireTest, KeepsNothingOfWhatHasLeft) {
  wire_->room = 100'000;
  Begin();
  for (int i = 0; i < 400; ++i) {
    if (last().call->unsent_bytes() < 500'000) Answer(500'000);
    endpoint_.Flush();
    wire_->to_client.clear();
  }
  EXPECT_LT(endpoint_.account().used(), 3'000'000);
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

}  // namespace
}  // namespace hillock::transport
