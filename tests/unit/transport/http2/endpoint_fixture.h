// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_ENDPOINT_FIXTURE_H_
#define HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_ENDPOINT_FIXTURE_H_

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/transport/http2/endpoint.h"
#include "server/transport/net/byte_stream.h"
#include "tests/support/fake_clock.h"
#include "tests/support/wire/h2_peer.h"
#include "tests/support/wire/memory_stream.h"

namespace hillock::transport {

// A handler that writes down what it is told. It answers as the test says.
class Recorder final : public Handler {
 public:
  explicit Recorder(Call& its_call) : call(&its_call) {}

  void OnMessage(Buffer message) override {
    events.push_back(fmt::format("message {}", message.view()));
    messages.push_back(std::move(message));
    if (pauses) call->SetPaused(true);
  }
  void OnHalfClose() override {
    events.emplace_back("half-close");
    if (!echoes) return;
    for (Buffer& message : messages) call->Send(std::move(message), compresses);
    call->Finish(status, trailers);
  }
  void OnBroken(const absl::Status& why) override {
    events.push_back(fmt::format("broken {}", absl::StatusCodeToString(why.code())));
  }
  void OnDrain() override { events.emplace_back("drain"); }
  void OnSent() override { events.emplace_back("sent"); }
  void OnClosed(bool finished) override {
    events.emplace_back(finished ? "closed" : "gone");
    call = nullptr;
  }

  std::string Events() const { return fmt::format("{}", fmt::join(events, ", ")); }

  Call* call;
  bool echoes = false;  // sends the messages back when the client has sent all
  bool compresses = false;
  bool pauses = false;  // after each message
  absl::Status status;
  Metadata trailers;
  std::vector<Buffer> messages;
  std::vector<std::string> events;
};

// An endpoint with as many clients as the test wants, on one thread and a clock of its own.
class EndpointTest : public ::testing::Test, protected Router {
 protected:
  static constexpr Nanos kSecond = 1'000'000'000;

  explicit EndpointTest(const Endpoint::Options& options = {.max_message_bytes = 1 << 20})
      : endpoint_(loop_, *this, budget_, options, clock_) {}

  std::unique_ptr<testing::H2Peer> Connect(int32_t window = 1 << 20, Peer known = {}) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    endpoint_.Adopt(std::make_unique<SocketStream>(Descriptor(ends[0])), std::move(known));
    auto peer = std::make_unique<testing::H2Peer>(Descriptor(ends[1]), window);
    peers_.push_back(peer.get());
    return peer;
  }

  // Lets bytes go back and forth until none do.
  void Settle() {
    for (int quiet = 0; quiet < 3;) {
      bool moved = false;
      for (testing::H2Peer* const peer : peers_) moved = peer->Pump() || moved;
      moved = loop_.Poll(0) > 0 || moved;
      moved = endpoint_.Work() || moved;
      endpoint_.Flush();
      quiet = moved ? 0 : quiet + 1;
    }
  }

  void Forget(const testing::H2Peer& peer) { std::erase(peers_, &peer); }

  void Pass(Nanos time) {
    clock_.Advance(time);
    endpoint_.Tick();
    Settle();
  }

  // What the last call's handler is.
  Recorder& last() { return *handlers_.back(); }

  Handler* Open(Call& call) override {
    if (!call.path().starts_with("/test/")) return nullptr;
    handlers_.push_back(std::make_unique<Recorder>(call));
    last().echoes = call.path() == "/test/Echo";
    last().compresses = call.metadata("compress") == "yes";
    return handlers_.back().get();
  }

  testing::FakeClock clock_;
  EventLoop loop_{clock_};
  MemoryBudget budget_{size_t{16} << 20};
  std::vector<std::unique_ptr<Recorder>> handlers_;
  std::vector<testing::H2Peer*> peers_;
  Endpoint endpoint_;
};

// A client in memory, whose server's socket takes what the test says.
class EndpointWireTest : public EndpointTest {
 protected:
  static constexpr int32_t kWindow = 64 << 20;

  EndpointWireTest() {
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
  testing::H2Peer peer_{Descriptor(-1), kWindow};
};

}  // namespace hillock::transport

#endif  // HILLOCK_TESTS_UNIT_TRANSPORT_HTTP2_ENDPOINT_FIXTURE_H_
