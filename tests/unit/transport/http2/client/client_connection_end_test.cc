// SPDX-License-Identifier: Apache-2.0

// Connections that are lost or told to go, and streams that end in a way of their own.

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "server/transport/net/connect.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/transport/http2/client/client_connection_fixture.h"

namespace hillock::transport {
namespace {

using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

using Code = absl::StatusCode;
using Fate = ClientCall::Fate;

TEST_F(ClientConnectionTest, TellsWhatTheServerNeverLookedAt) {
  Connect(2);
  const ClientCall& first = Start(message_);
  const ClientCall& second = Start(message_);
  const ClientCall& waiting = Start(message_);
  Go();
  server_->GoAway(Request(0).stream);
  Go();
  EXPECT_FALSE(connection_->usable());
  EXPECT_THAT(unusable_, StatusIs(Code::kUnavailable,
                                  HasSubstr("GOAWAY NO_ERROR from the server: be back soon")));
  ASSERT_EQ(ended_.size(), 2u);
  for (const Ended& ended : ended_) {
    EXPECT_EQ(ended.code, Code::kUnavailable);
    EXPECT_EQ(ended.fate, ended.call == &second ? Fate::kRefused : Fate::kUnsent);
    EXPECT_TRUE(ended.call == &second || ended.call == &waiting);
  }
  ended_.clear();
  server_->AnswerOk(Request(0).stream);
  Go();
  EXPECT_EQ(TakeEnded().call, &first);
  EXPECT_EQ(connection_->calls(), 0u);
}

TEST_F(ClientConnectionTest, GoAwayAboveEveryStreamLetsAllOfThemEnd) {
  Connect();
  Start(message_);
  Go();
  server_->GoAway(0x7fff'ffff);
  Go();
  EXPECT_FALSE(connection_->usable());
  EXPECT_EQ(connection_->calls(), 1u);
  server_->AnswerOk(Request().stream);
  server_->GoAway(Request().stream);
  Go();
  EXPECT_EQ(TakeEnded().code, Code::kOk);
}

TEST_F(ClientConnectionTest, GoAwayMeetsWhatIsStillInTheBuffer) {
  const std::string large = Message(3'000'000);
  Connect();
  Start(large);
  connection_->Flush();
  Start(message_);  // waits behind the large one, within nghttp2
  server_->Pump();
  server_->GoAway(0, NGHTTP2_ENHANCE_YOUR_CALM);
  server_->Pump();
  Go();
  ASSERT_EQ(ended_.size(), 2u);
  EXPECT_EQ(ended_[0].fate, Fate::kRefused);
  EXPECT_NE(ended_[1].fate, Fate::kTaken);
  EXPECT_THAT(unusable_, StatusIs(Code::kUnavailable, HasSubstr("ENHANCE_YOUR_CALM")));
}

TEST_F(ClientConnectionTest, SaysThatTheConnectionIsLost) {
  Connect(1);
  Start(message_);
  const ClientCall& waiting = Start(message_);
  Go();
  server_->AnswerInPart(Request().stream, Message(100).substr(0, 50));
  Go();
  server_.reset();
  Go();
  EXPECT_THAT(unusable_,
              StatusIs(Code::kUnavailable, MatchesRegex("connection lost: (closed by the server|"
                                                        "Connection reset by peer)")));
  ASSERT_EQ(ended_.size(), 2u);
  for (const Ended& ended : ended_) {
    EXPECT_EQ(ended.code, Code::kUnavailable);
    EXPECT_THAT(ended.message, HasSubstr("connection lost: "));
    EXPECT_EQ(ended.fate, ended.call == &waiting ? Fate::kUnsent : Fate::kTaken);
  }
  connection_->Flush();  // does nothing
}

TEST_F(ClientConnectionTest, SaysThatNobodyIsThere) {
  const Descriptor unused(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(unused.get(), generic, size), 0);  // and does not listen
  ASSERT_EQ(getsockname(unused.get(), generic, &size), 0);
  auto socket = StartConnecting(generic, size);
  ASSERT_TRUE(socket.ok());
  Open(std::make_unique<SocketStream>(*std::move(socket)));
  while (unusable_.ok()) loop_.Poll(-1);
  EXPECT_THAT(unusable_,
              StatusIs(Code::kUnavailable, HasSubstr("not connected: Connection refused")));
}

TEST_F(ClientConnectionTest, SeparatesWhatItIsSent) {
  const std::string cases[] = {
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
      std::string(1000, '\0'),
      std::string(1000, '\xff'),
      std::string("\0\0\6\4\0\0\0\0\0\0\7\0\0\0\1", 15),             // SETTINGS, unknown: fine
      std::string("\0\0\0\4\0\0\0\0\0\0\0\5\1\4\0\0\0\1????", 22) +  // then headers of no stream
          std::string("?", 1),
  };
  for (const std::string& bytes : cases) {
    unusable_ = absl::OkStatus();
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    {
      SocketStream server{Descriptor(ends[1])};
      Open(std::make_unique<SocketStream>(Descriptor(ends[0])));
      ended_.clear();
      Start(message_);
      server.Write(bytes);
      Go();
    }
    Go();
    EXPECT_THAT(unusable_, StatusIs(Code::kUnavailable, HasSubstr(": ")))
        << ::testing::PrintToString(bytes);
    EXPECT_EQ(TakeEnded().code, Code::kUnavailable);
  }
}

// What a stream is taken for that ended in a way of its own.
struct OddEnd {
  const char* name;
  Code code;
  const char* message;
  void (*script)(ScriptedServer& server, int32_t stream);
};

void PrintTo(const OddEnd& end, std::ostream* out) { *out << end.name; }

class OddEndTest : public ClientConnectionTest, public ::testing::WithParamInterface<OddEnd> {};

TEST_P(OddEndTest, HasACodeOfGrpc) {
  Connect();
  Start(message_);
  Go();
  GetParam().script(*server_, Request().stream);
  Go();
  const Ended ended = TakeEnded();
  EXPECT_EQ(ended.code, GetParam().code);
  EXPECT_THAT(ended.message, HasSubstr(GetParam().message));
  EXPECT_EQ(ended.fate,
            std::string_view(GetParam().name) == "Refused" ? Fate::kRefused : Fate::kTaken);
  EXPECT_TRUE(connection_->usable());
}

template <uint32_t kError>
void ResetBy(ScriptedServer& server, int32_t stream) {
  server.Reset(stream, kError);
}

const OddEnd kOddEnds[] = {
    {"NoError", Code::kInternal, "stream reset: NO_ERROR",
     [](ScriptedServer& server, int32_t stream) {
       server.AnswerInPart(stream, "\1");
       server.Pump();
       server.Reset(stream, NGHTTP2_NO_ERROR);
     }},
    {"Internal", Code::kInternal, "INTERNAL_ERROR", &ResetBy<NGHTTP2_INTERNAL_ERROR>},
    {"Refused", Code::kUnavailable, "REFUSED_STREAM", &ResetBy<NGHTTP2_REFUSED_STREAM>},
    {"Cancelled", Code::kCancelled, "CANCEL", &ResetBy<NGHTTP2_CANCEL>},
    {"Calm", Code::kResourceExhausted, "ENHANCE_YOUR_CALM", &ResetBy<NGHTTP2_ENHANCE_YOUR_CALM>},
    {"Security", Code::kPermissionDenied, "INADEQUATE_SECURITY",
     &ResetBy<NGHTTP2_INADEQUATE_SECURITY>},
    {"Unheard", Code::kUnknown, "stream reset", &ResetBy<1234>},
    {"NotFound", Code::kUnimplemented, "HTTP status 404",
     [](ScriptedServer& server, int32_t stream) {
       server.AnswerTrailersOnly(stream, {{":status", "404"}});
     }},
    {"BadGateway", Code::kUnavailable, "HTTP status 502",
     [](ScriptedServer& server, int32_t stream) { server.Answer(stream, "<html>", {}, "502"); }},
    {"StatusCounts", Code::kAborted, "why",
     [](ScriptedServer& server, int32_t stream) {
       server.Answer(stream, "", {{"grpc-status", "10"}, {"grpc-message", "why"}}, "503");
     }},
    {"NoStatus", Code::kUnknown, "without a grpc-status",
     [](ScriptedServer& server, int32_t stream) {
       server.AnswerTrailersOnly(stream, {{":status", "200"}});
     }},
    {"NoMessage", Code::kInternal, "OK with 0 bytes of answer, want one message",
     [](ScriptedServer& server, int32_t stream) {
       server.Answer(stream, "", {{"grpc-status", "0"}});
     }},
    {"CutMessage", Code::kInternal, "OK with 104 bytes of answer, want one message of 105 bytes",
     [](ScriptedServer& server, int32_t stream) {
       server.Answer(stream, Message(100).substr(0, 104), {{"grpc-status", "0"}});
     }},
    {"TwoMessages", Code::kInternal, "OK with 12 bytes of answer, want one message of 6 bytes",
     [](ScriptedServer& server, int32_t stream) {
       server.Answer(stream, Message(1) + Message(1), {{"grpc-status", "0"}});
     }},
    {"NoNumber", Code::kUnknown, "",
     [](ScriptedServer& server, int32_t stream) {
       server.Answer(stream, Message(1), {{"grpc-status", "fine"}});
     }},
    {"LargeNumber", Code::kUnknown, "",
     [](ScriptedServer& server, int32_t stream) {
       server.Answer(stream, Message(1), {{"grpc-status", "17"}});
     }},
};

INSTANTIATE_TEST_SUITE_P(All, OddEndTest, ::testing::ValuesIn(kOddEnds),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace hillock::transport
