// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_CLIENT_CLIENT_CONNECTION_FIXTURE_H_
#define HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_CLIENT_CLIENT_CONNECTION_FIXTURE_H_

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/clock.h"
#include "server/transport/http2/client/client_connection.h"
#include "server/transport/net/byte_stream.h"
#include "tests/unit/transport/http2/scripted_server.h"

namespace hillock::transport {

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
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string message;
  size_t bytes = 0;
  ClientCall::Fate fate = ClientCall::Fate::kTaken;
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

}  // namespace hillock::transport

#endif  // HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_CLIENT_CLIENT_CONNECTION_FIXTURE_H_
