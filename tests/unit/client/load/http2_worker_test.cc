// SPDX-License-Identifier: Apache-2.0

// What the HTTP/2 worker does when connections end. The rest of it is in load_generator_test.cc.

#include "client/load/http2_worker.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/load/generator.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/transport/http2/scripted_server.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using transport::ScriptedServer;

using std::chrono::milliseconds;

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

// What a server does with one request of a connection.
enum class Next {
  kStay,
  kClose,   // drops the connection
  kVanish,  // drops all of them, and listens no more
};

// A request that has come: number `index` of connection number `connection`, from 0.
struct Arrival {
  ScriptedServer& server;
  int32_t stream;
  size_t connection;
  size_t index;

  Next AnswerOk() const {
    server.AnswerOk(stream);
    return Next::kStay;
  }
};

using Script = std::function<Next(const Arrival& request)>;

// Serves on a loopback port, by a thread of its own, until destroyed.
class ThreadedServer {
 public:
  explicit ThreadedServer(Script script)
      : script_(std::move(script)), thread_([this] { Serve(); }) {}
  ~ThreadedServer() {
    const uint64_t one = 1;
    EXPECT_EQ(write(stop_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
    thread_.join();
  }

  const std::string& address() const { return address_; }

 private:
  struct Connection {
    size_t index = 0;
    size_t served = 0;
    std::unique_ptr<ScriptedServer> server;

    // Whether its next request has come.
    bool HasNext() const {
      return served < server->requests().size() && server->requests()[served].complete;
    }
  };

  Descriptor Listen() {
    Descriptor listener(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener.get(), generic, size), 0);
    EXPECT_EQ(listen(listener.get(), 64), 0);
    EXPECT_EQ(getsockname(listener.get(), generic, &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    return listener;
  }

  void Serve() {
    while (true) {
      std::vector<pollfd> ready{{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
      for (const Connection& one : connections_) {
        ready.push_back({one.server->descriptor(), POLLIN, 0});
      }
      poll(ready.data(), ready.size(), -1);
      if (ready[0].revents != 0) return;
      if (ready[1].revents != 0) Accept();
      for (Connection& one : connections_) ServeOne(one);
      std::erase_if(connections_, [](const Connection& one) { return one.server == nullptr; });
      if (!vanishes_) continue;
      connections_.clear();
      listener_ = Descriptor(-1);
    }
  }

  void Accept() {
    Descriptor socket(accept(listener_.get(), nullptr, nullptr));
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections_.push_back(
        {accepted_++, 0, std::make_unique<ScriptedServer>(std::move(socket), 1000)});
  }

  void ServeOne(Connection& one) {
    bool open = one.server->Pump();
    while (open && one.HasNext()) {
      const auto& request = one.server->requests()[one.served];
      const Next next = script_({*one.server, request.stream, one.index, one.served});
      ++one.served;
      vanishes_ = vanishes_ || next == Next::kVanish;
      open = next == Next::kStay && one.server->Pump();
    }
    if (!open) one.server.reset();
  }

  const Script script_;
  const Descriptor stop_{eventfd(0, 0)};
  std::string address_;
  Descriptor listener_ = Listen();
  std::vector<Connection> connections_;
  size_t accepted_ = 0;
  bool vanishes_ = false;
  std::thread thread_;
};

class Http2WorkerTest : public ::testing::Test {
 protected:
  static LoadPlan Plan(const ThreadedServer& server, size_t outstanding = 8) {
    LoadPlan plan;
    plan.endpoint.target = server.address();
    plan.requests = {"a request", "and another"};
    plan.connections = 2;
    plan.outstanding = outstanding;
    return plan;
  }

  // Runs until a script raises enough_, or for as long as `duration`.
  LoadTally Load(LoadPlan plan, std::chrono::nanoseconds duration = std::chrono::hours(1)) {
    plan.stop = &enough_;
    const auto generator = LoadGenerator::Connect(plan);
    EXPECT_THAT(generator, IsOk());
    LoadTally tally = (*generator)->Run(duration);
    lost_ = (*generator)->CountLost();
    return tally;
  }

  // Servers die before it.
  std::atomic<bool> enough_ = false;
  size_t lost_ = 0;  // connections, at the end of the last load
};

// Each connection is told to go after ten requests. What is beyond them is not looked at.
TEST_F(Http2WorkerTest, ConnectionsThatTheServerRetiresCostNoRequest) {
  const ThreadedServer server([this](const Arrival& request) {
    if (request.connection > 20) enough_ = true;
    if (request.index > 9) return Next::kStay;
    if (request.index == 9) request.server.GoAway(request.stream);
    return request.AnswerOk();
  });
  const LoadTally tally = Load(Plan(server));
  EXPECT_GT(tally.count(kOk), 100u);
  EXPECT_EQ(tally.count(kOk), tally.count()) << tally.outcomes().rbegin()->second.message;
  EXPECT_GT(tally.retries(), 0u);
  EXPECT_EQ(lost_, 0u);
}

TEST_F(Http2WorkerTest, ARefusedRequestIsSentAgain) {
  const ThreadedServer server([this](const Arrival& request) {
    if (request.index > 20) enough_ = true;
    if (request.index % 2 == 1) return request.AnswerOk();
    request.server.Reset(request.stream, NGHTTP2_REFUSED_STREAM);
    return Next::kStay;
  });
  const LoadTally tally = Load(Plan(server, 1));
  EXPECT_GT(tally.retries(), 0u);
  EXPECT_EQ(tally.count(kOk), tally.count());
}

TEST_F(Http2WorkerTest, ButOnlyOnce) {
  const ThreadedServer server([this](const Arrival& request) {
    if (request.index > 20) enough_ = true;
    request.server.Reset(request.stream, NGHTTP2_REFUSED_STREAM);
    return Next::kStay;
  });
  const LoadTally tally = Load(Plan(server, 1));
  EXPECT_GT(tally.count(kUnavailable), 0u);
  EXPECT_EQ(tally.count(kUnavailable), tally.count());
  EXPECT_EQ(tally.retries(), tally.count());
  EXPECT_THAT(tally.outcomes().at(kUnavailable).message, HasSubstr("REFUSED_STREAM"));
}

TEST_F(Http2WorkerTest, LostConnectionsAreMadeAgain) {
  const ThreadedServer server([this](const Arrival& request) {
    if (request.connection < 2 && request.index == 20) return Next::kClose;
    if (request.connection == 3 && request.index == 20) enough_ = true;
    return request.AnswerOk();
  });
  const LoadTally tally = Load(Plan(server));
  ASSERT_GT(tally.count(kUnavailable), 0u);
  EXPECT_LE(tally.count(kUnavailable), 16u) << "what was open";
  EXPECT_EQ(tally.count(kOk) + tally.count(kUnavailable), tally.count());
  EXPECT_THAT(tally.outcomes().at(kUnavailable).message, StartsWith("connection lost: "));
  EXPECT_EQ(lost_, 0u);
}

class VanishingServerTest : public Http2WorkerTest,
                            public ::testing::WithParamInterface<std::optional<OpenLoad>> {};

TEST_P(VanishingServerTest, EndsTheRunInTimeAndSaysWhy) {
  const ThreadedServer server([](const Arrival& request) {
    return request.index == 5 ? Next::kVanish : request.AnswerOk();
  });
  LoadPlan plan = Plan(server);
  plan.open = GetParam();
  plan.patience = std::chrono::hours(1);
  const LoadTally tally = Load(plan, milliseconds(150));
  EXPECT_GT(tally.count(kOk), 0u);
  ASSERT_GT(tally.count(kUnavailable), 0u);
  EXPECT_THAT(tally.outcomes().at(kUnavailable).message, StartsWith("connection lost: "));
  EXPECT_EQ(lost_, 2u);
  if (plan.open) {
    EXPECT_EQ(tally.unsent() + tally.count(), 300u);
  }
}

INSTANTIATE_TEST_SUITE_P(Loops, VanishingServerTest,
                         ::testing::Values(std::nullopt, OpenLoad{2000}), [](const auto& one) {
                           return one.param ? std::string("Open") : std::string("Closed");
                         });

// As long as there is nothing to do but to wait for the next, they take turns.
TEST_F(Http2WorkerTest, SpreadsAnOpenLoopOverItsConnections) {
  std::array<std::atomic<size_t>, 2> requests{};
  const ThreadedServer server([&](const Arrival& request) {
    enough_ = ++requests[request.connection] > 5 && requests[1 - request.connection] > 5;
    return request.AnswerOk();
  });
  LoadPlan plan = Plan(server);
  plan.open = OpenLoad{500};
  const LoadTally tally = Load(plan);
  EXPECT_EQ(tally.count(kOk), tally.count());
}

TEST_F(Http2WorkerTest, SaysWhyItCannotConnect) {
  LoadPlan plan;
  plan.requests = {"a request"};
  plan.patience = milliseconds(60);
  plan.endpoint.target = "127.0.0.1:1";
  EXPECT_THAT(LoadGenerator::Connect(plan),
              StatusIs(kUnavailable, HasSubstr("not connected: Connection refused")));
  plan.endpoint.target = "unix:/nowhere/socket";
  EXPECT_THAT(LoadGenerator::Connect(plan),
              StatusIs(kUnavailable, HasSubstr("No such file or directory")));
}

}  // namespace
}  // namespace hillock::client
