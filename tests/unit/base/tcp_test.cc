#include "server/base/tcp.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "server/base/descriptor.h"
#include "tests/support/loopback.h"

namespace hillock {
namespace {

using ::hillock::testing::HasLoopback;
using ::hillock::testing::IsHeld;
using ::hillock::testing::Loopback;
using ::testing::IsSupersetOf;

std::vector<int> Descriptors() {
  std::vector<int> descriptors;
  for (const TcpSocket& socket : ListTcpSockets()) descriptors.push_back(socket.descriptor);
  return descriptors;
}

const TcpSocket* Find(const std::vector<TcpSocket>& sockets, int descriptor) {
  const auto found = std::ranges::find(sockets, descriptor, &TcpSocket::descriptor);
  return found == sockets.end() ? nullptr : &*found;
}

TEST(ListTcpSockets, FindsBothEndsOfAConnection) {
  const Loopback loopback(AF_INET);
  EXPECT_THAT(Descriptors(), IsSupersetOf({loopback.client(), loopback.server()}));
}

TEST(ListTcpSockets, TellsWhoIsAtTheOtherEnd) {
  const Loopback loopback(AF_INET);
  const auto sockets = ListTcpSockets();
  const TcpSocket* const server = Find(sockets, loopback.server());
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(server->port, loopback.client_port());
  EXPECT_TRUE(IN6_ARE_ADDR_EQUAL(&server->peer, &Find(sockets, loopback.client())->peer));
  const in_addr local{htonl(INADDR_LOOPBACK)};
  const in6_addr mapped = Mapped(local);
  EXPECT_TRUE(IN6_ARE_ADDR_EQUAL(&server->peer, &mapped));
}

TEST(ListTcpSockets, KnowsIpv6) {
  if (!HasLoopback(AF_INET6)) GTEST_SKIP() << "no IPv6 here";
  const Loopback loopback(AF_INET6);
  const auto sockets = ListTcpSockets();
  const TcpSocket* const server = Find(sockets, loopback.server());
  ASSERT_NE(server, nullptr);
  EXPECT_TRUE(IN6_IS_ADDR_LOOPBACK(&server->peer));
}

TEST(ListTcpSockets, LeavesOutEverythingElse) {
  int pipe_ends[2];
  int unix_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, unix_ends), 0);
  const Descriptor unconnected(socket(AF_INET, SOCK_STREAM, 0));
  const Descriptor datagrams(socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(datagrams.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const auto sockets = ListTcpSockets();
  for (const int other : {pipe_ends[0], unix_ends[0], unconnected.get(), datagrams.get()}) {
    EXPECT_EQ(Find(sockets, other), nullptr) << other;
  }
  for (const int end : {pipe_ends[0], pipe_ends[1], unix_ends[0], unix_ends[1]}) close(end);
}

TEST(HoldWrites, HoldsUntilItLetsGo) {
  const Loopback loopback(AF_INET);
  HoldWrites(loopback.client(), true);
  EXPECT_TRUE(IsHeld(loopback.client()));
  EXPECT_FALSE(IsHeld(loopback.server()));
  ASSERT_EQ(send(loopback.client(), "row", 3, 0), 3);
  char got[4] = {};
  EXPECT_EQ(recv(loopback.server(), got, 3, MSG_DONTWAIT), -1) << "it waits";
  HoldWrites(loopback.client(), false);
  EXPECT_FALSE(IsHeld(loopback.client()));
  EXPECT_EQ(recv(loopback.server(), got, 3, 0), 3);
  EXPECT_STREQ(got, "row");
}

TEST(HoldWrites, DoesNothingToWhatIsNoSocket) {
  HoldWrites(-1, true);
  HoldWrites(STDERR_FILENO, true);
}

}  // namespace
}  // namespace hillock
