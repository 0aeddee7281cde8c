// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_server.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::http {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using transport::Address;

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr char kLastGet[] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

// A socket that waits for at most five seconds.
class Peer {
 public:
  explicit Peer(const Address& address) : socket_(-1) {
    const transport::SocketAddress where = transport::Resolve(address)->front();
    socket_ = Descriptor(socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{5, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    EXPECT_EQ(connect(socket_.get(), where.get(), where.size), 0);
  }

  void Send(std::string_view bytes) {
    EXPECT_EQ(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // What arrives until there are `end` of it, or the connection is closed.
  std::string Receive(std::string_view end = "") {
    std::string all;
    char buffer[1 << 16];
    while (end.empty() || !all.ends_with(end)) {
      const ssize_t count = recv(socket_.get(), buffer, sizeof(buffer), 0);
      if (count <= 0) break;
      all.append(buffer, static_cast<size_t>(count));
    }
    return all;
  }

 private:
  Descriptor socket_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  static constexpr size_t kLarge = 8 << 20;

  static Response Respond(const Request& request) {
    if (request.path == "/large") return {.body = std::string(kLarge, 'x')};
    return {.body = "hello"};
  }

  static std::unique_ptr<HttpServer> Start(const Address& address) {
    auto server = HttpServer::Start(address, Respond);
    EXPECT_THAT(server, IsOk());
    return *std::move(server);
  }

  std::string Ask(std::string_view request) {
    Peer peer(server_->address());
    peer.Send(request);
    return peer.Receive();
  }

  const std::unique_ptr<HttpServer> server_ = Start({Address::Kind::kTcp, "127.0.0.1", 0});
};

TEST_F(HttpServerTest, AnswersOnAnyKindOfAddress) {
  const TemporaryFolder folder;
  for (const Address& address : std::vector<Address>{{Address::Kind::kTcp, "127.0.0.1", 0},
                                                     {Address::Kind::kTcp, "::1", 0},
                                                     {Address::Kind::kTcp, "localhost", 0},
                                                     {Address::Kind::kUnix, folder.Path("s"), 0},
                                                     {Address::Kind::kAbstract, "http-test", 0}}) {
    const auto server = HttpServer::Start(address, Respond);
    if (!server.ok() && address.name == "::1") continue;  // a machine without IPv6
    ASSERT_THAT(server, IsOk());
    Peer peer((*server)->address());
    peer.Send(kLastGet);
    EXPECT_THAT(peer.Receive(), EndsWith("\r\n\r\nhello")) << address.ToString();
  }
}

TEST_F(HttpServerTest, KeepsAConnectionForFurtherRequests) {
  Peer peer(server_->address());
  for (int i = 0; i < 3; ++i) {
    peer.Send(kGet);
    EXPECT_THAT(peer.Receive("hello"), StartsWith("HTTP/1.1 200 OK"));
  }
}

TEST_F(HttpServerTest, AnswersRequestsThatComeTogetherInOrder) {
  Peer peer(server_->address());
  peer.Send(std::string(kGet) + kGet + kLastGet);
  const std::string answers = peer.Receive();
  size_t count = 0;
  for (size_t at = 0; (at = answers.find("hello", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 3u) << answers;
}

TEST_F(HttpServerTest, TakesARequestInPieces) {
  Peer peer(server_->address());
  for (const char byte : std::string(kLastGet)) peer.Send(std::string_view(&byte, 1));
  EXPECT_THAT(peer.Receive(), EndsWith("hello"));
}

TEST_F(HttpServerTest, SendsALargeAnswerWhole) {
  const std::string answer = Ask("GET /large HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, kLarge);
}

// Neither keeps a connection or a thread from others.
TEST_F(HttpServerTest, ServesBesideClientsThatAreSilentOrDoNotRead) {
  std::vector<std::unique_ptr<Peer>> peers;
  for (size_t i = 0; i < HttpServer::kMaxConnections + 50; ++i) {
    peers.push_back(std::make_unique<Peer>(server_->address()));
    if (i % 4 == 1) peers.back()->Send("GET /met");
    if (i % 32 == 2) peers.back()->Send("GET /large HTTP/1.1\r\n\r\n");
  }
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Ask(kLastGet), EndsWith("hello"));
  EXPECT_EQ(peers.front()->Receive(), "");  // closed to make room
}

TEST_F(HttpServerTest, BoundsWhatItKeepsForClientsThatDoNotRead) {
  std::vector<std::unique_ptr<Peer>> peers;
  for (size_t i = 0; i < 2 * HttpServer::kMaxUnsentBytes / kLarge; ++i) {
    peers.push_back(std::make_unique<Peer>(server_->address()));
    peers.back()->Send("GET /large HTTP/1.0\r\n\r\n");
  }
  EXPECT_THAT(Ask(kLastGet), EndsWith("hello"));
  size_t whole = 0;
  for (const auto& peer : peers) whole += peer->Receive().size() > kLarge ? 1 : 0;
  EXPECT_GT(whole, 0u);
  EXPECT_LT(whole, peers.size());
}

TEST_F(HttpServerTest, TellsWhatIsWrong) {
  EXPECT_THAT(Ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("gRPC is served at")));
  EXPECT_THAT(Ask(std::string_view("\x16\x03\x01\x02\x00\x01", 6)),
              EndsWith("got TLS, want plain HTTP/1.1\n"));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nX: " + std::string(64 << 10, 'x')),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Ask("GET / HTTP/1.1\n\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x')),
              StartsWith("HTTP/1.1 405"));
}

}  // namespace
}  // namespace hillock::http
