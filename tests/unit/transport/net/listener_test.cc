// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wire/loopback.h"

namespace hillock::transport {
namespace {

using ::hillock::testing::HasLoopback;
using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::testing::HasSubstr;

constexpr int kPatience = 10'000;  // milliseconds, for what happens at once

Address Parsed(const std::string& text) {
  return ParseAddress(text, {.sockets = true, .zero_port = true}).value();
}

std::unique_ptr<Listener> Listen(const std::string& text) {
  auto listener = Listener::Open(Parsed(text));
  EXPECT_TRUE(listener.ok()) << listener.status();
  return std::move(listener).value();
}

Descriptor Connect(const SocketAddress& address) {
  Descriptor client(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(client.get(), address.get(), address.size), 0);
  return client;
}

Descriptor Connect(const Listener& listener) {
  return Connect(Resolve(listener.address()).value()[0]);
}

// The next connection, once there is one.
Descriptor AcceptNext(Listener& listener) {
  std::vector<pollfd> sockets;
  for (const int descriptor : listener.descriptors()) sockets.push_back({descriptor, POLLIN, 0});
  EXPECT_GT(poll(sockets.data(), sockets.size(), kPatience), 0);
  return listener.Accept();
}

// Whether the other end has closed the connection.
bool IsClosed(const Descriptor& client) {
  pollfd socket{client.get(), POLLIN, 0};
  if (poll(&socket, 1, kPatience) <= 0) return false;
  char byte = 0;
  return read(client.get(), &byte, 1) <= 0;
}

bool CarriesAByte(const Descriptor& from, const Descriptor& to) {
  pollfd socket{to.get(), POLLIN, 0};
  char byte = 'x';
  if (write(from.get(), &byte, 1) != 1 || poll(&socket, 1, kPatience) != 1) return false;
  return read(to.get(), &byte, 1) == 1 && byte == 'x';
}

class ListenerAtTest : public ::testing::TestWithParam<std::string> {
 protected:
  // The parameter, with a place of this test's own for what names one.
  std::string Text() const {
    if (GetParam() == "unix:") return "unix:" + folder_.Path("s");
    if (GetParam() == "unix-abstract:") return fmt::format("unix-abstract:hillock-{}", getpid());
    return GetParam();
  }

  void SetUp() override {
    if (GetParam().starts_with('[') && !HasLoopback(AF_INET6)) GTEST_SKIP() << "no IPv6 here";
  }

 private:
  const TemporaryFolder folder_;
};

TEST_P(ListenerAtTest, AcceptsConnections) {
  const auto listener = Listen(Text());
  EXPECT_LT(listener->Accept().get(), 0) << "nobody has connected yet";
  const Descriptor client = Connect(*listener);
  const Descriptor server = AcceptNext(*listener);
  ASSERT_GE(server.get(), 0);
  EXPECT_TRUE(CarriesAByte(client, server));
  EXPECT_NE(fcntl(server.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(server.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(listener->refused(), 0u);
}

TEST_P(ListenerAtTest, TellsAnAddressThatCanBeCalled) {
  const auto listener = Listen(Text());
  EXPECT_TRUE(ParseAddress(listener->address().ToString(), AddressRules{}).ok())
      << listener->address().ToString();
}

TEST_P(ListenerAtTest, LetsNoSecondOneListen) {
  const auto listener = Listen(Text());
  EXPECT_THAT(Listener::Open(listener->address()),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("in use")));
}

TEST_P(ListenerAtTest, LeavesItsPlaceToTheNextOne) {
  const Address address = Listen(Text())->address();
  EXPECT_TRUE(Listener::Open(address).ok());
}

std::string TestName(const ::testing::TestParamInfo<std::string>& test) {
  constexpr const char* kNames[] = {"ipv4", "ipv6", "name", "unix", "abstract"};
  return kNames[test.index];
}

INSTANTIATE_TEST_SUITE_P(Each, ListenerAtTest,
                         ::testing::Values("127.0.0.1:0", "[::1]:0", "localhost:0",
                                           "unix:", "unix-abstract:"),
                         TestName);

TEST(ListenerTest, AnswersOnEveryAddressOfAName) {
  const auto listener = Listen("localhost:0");
  std::vector<Descriptor> clients;
  for (size_t i = 0; i < listener->descriptors().size(); ++i) {
    clients.push_back(Connect(Resolve(listener->address()).value()[i]));
    EXPECT_GE(AcceptNext(*listener).get(), 0) << i;
  }
}

TEST(ListenerTest, SendsWithoutNaglesAlgorithm) {
  const auto listener = Listen("127.0.0.1:0");
  const Descriptor client = Connect(*listener);
  const Descriptor server = AcceptNext(*listener);
  int on = 0;
  socklen_t size = sizeof(on);
  ASSERT_EQ(getsockopt(server.get(), IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
  EXPECT_NE(on, 0);
}

TEST(ListenerTest, RemovesItsSocketsFile) {
  const TemporaryFolder folder;
  { const auto listener = Listen("unix:" + folder.Path("s")); }
  EXPECT_FALSE(std::filesystem::exists(folder.Path("s")));
}

TEST(ListenerTest, LeavesTheFileThatAnotherServerHasPutThere) {
  const TemporaryFolder folder;
  auto first = Listen("unix:" + folder.Path("s"));
  std::filesystem::remove(folder.Path("s"));
  const auto second = Listen("unix:" + folder.Path("s"));
  first.reset();
  EXPECT_TRUE(std::filesystem::is_socket(folder.Path("s")));
}

// While it lives, this process can open no descriptor but in place of one that it closes.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(Descriptor(dup(STDIN_FILENO)).get());
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~NoDescriptorsLeft() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(ListenerTest, ClosesWhatItCannotServeAndServesAgain) {
  const auto listener = Listen("127.0.0.1:0");
  std::vector<Descriptor> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(Connect(*listener));
  {
    const NoDescriptorsLeft none;
    // A call refuses a part of them only.
    for (int i = 0; i < 3; ++i) EXPECT_LT(listener->Accept().get(), 0);
    EXPECT_EQ(listener->refused(), clients.size());
    for (const Descriptor& client : clients) EXPECT_TRUE(IsClosed(client));
  }
  const Descriptor client = Connect(*listener);
  const Descriptor server = AcceptNext(*listener);
  ASSERT_GE(server.get(), 0);
  EXPECT_TRUE(CarriesAByte(client, server));
  EXPECT_EQ(listener->refused(), clients.size());
}

TEST(ListenerTest, ServesAsSoonAsOneDescriptorIsFree) {
  const auto listener = Listen("127.0.0.1:0");
  std::vector<Descriptor> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(Connect(*listener));
  Descriptor held(dup(STDIN_FILENO));
  const NoDescriptorsLeft none;
  EXPECT_LT(listener->Accept().get(), 0);
  EXPECT_EQ(listener->refused(), 3u);
  // A descriptor that a client gives up is one for the next connection.
  const SocketAddress address = Resolve(listener->address()).value()[0];
  held = Descriptor(-1);
  clients.pop_back();
  clients.push_back(Connect(address));
  EXPECT_GE(AcceptNext(*listener).get(), 0);
  EXPECT_EQ(listener->refused(), 3u);
}

}  // namespace
}  // namespace hillock::transport
