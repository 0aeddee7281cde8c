// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/client_connection.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "server/core/base/clock.h"
#include "server/transport/net/connect.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/transport/http2/scripted_server.h"

namespace hillock::transport {
namespace {

using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::MatchesRegex;
using ::testing::Pair;

using Code = absl::StatusCode;
using Fate = ClientCall::Fate;

// A stream that moves one byte at a time.
class DripStream final : public ByteStream {
 public:
  explicit DripStream(Descriptor socket) : stream_(std::move(socket)) {}

  int descriptor() const override { return stream_.descriptor(); }
  IoResult Read(std::span<char> into) override { return stream_.Read(into.first(1)); }
  IoResult Write(std::string_view bytes) override { return stream_.Write(bytes.substr(0, 1)); }
  void CloseWrite() override { stream_.CloseWrite(); }
  absl::Status error() const override { return stream_.error(); }

 private:
  SocketStream stream_;
};

// What became of a call.
struct Ended {
  const ClientCall* call = nullptr;
  Code code = Code::kOk;
  std::string message;
  size_t bytes = 0;
  Fate fate = Fate::kTaken;
};

class ClientConnectionTest : public ::testing::Test, protected ClientConnection::Owner {
 protected:
  template <class Stream = SocketStream>
  void Connect(uint32_t most_streams = ScriptedServer::kNoLimit) {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    server_ = std::make_unique<ScriptedServer>(Descriptor(ends[1]), most_streams);
    Open(std::make_unique<Stream>(Descriptor(ends[0])));
  }

  void Open(std::unique_ptr<ByteStream> stream) {
    Owner& self = *this;
    connection_ = std::make_unique<ClientConnection>(loop_, method_, self, std::move(stream));
    Go();
  }

  // Lets both sides do what they can.
  void Go() {
    connection_->Flush();
    for (bool more = true; more;) {
      if (server_ != nullptr && !server_->Pump()) server_.reset();
      more = loop_.Poll(0) > 0;
      connection_->Flush();
    }
  }

  ClientCall& Start(std::string_view message, Nanos deadline = kNoDeadline) {
    ClientCall& call = calls_.emplace_back();
    connection_->Start(call, message, deadline);
    return call;
  }

  ScriptedServer::Request& Request(size_t i = 0) { return server_->requests().at(i); }

  // The only call that ended since the last time.
  Ended TakeEnded() {
    EXPECT_EQ(ended_.size(), 1u);
    if (ended_.empty()) return {};
    return std::exchange(ended_, {}).front();
  }

  void OnReady(ClientConnection&) override { ++ready_; }
  void OnUnusable(ClientConnection&, const absl::Status& why) override {
    ASSERT_TRUE(unusable_.ok()) << "told twice";
    ASSERT_FALSE(why.ok());
    unusable_ = why;
  }
  void OnAnswer(ClientCall& call, Nanos arrived) override {
    EXPECT_LE(arrived, Clock::Monotonic().Now());
    EXPECT_GT(arrived, 0);
    ended_.push_back({&call, call.answer().code(), call.answer().message(),
                      call.answer().message_bytes(), call.fate()});
  }

  const std::string message_ = Message(3);
  EventLoop loop_;
  UnaryMethod method_{"http", "example.org:8001", "/inference.GRPCInferenceService/ModelInfer"};
  std::deque<ClientCall> calls_;
  std::unique_ptr<ClientConnection> connection_;
  std::unique_ptr<ScriptedServer> server_;
  int ready_ = 0;
  absl::Status unusable_;
  std::vector<Ended> ended_;
};

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
  const UnaryMethod method("http", "example.org:8001", "/some.Service/Method", "Bearer of news");
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
