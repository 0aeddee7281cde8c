// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/bind.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wire/loopback.h"

namespace hillock::transport {
namespace {

using ::hillock::testing::HasLoopback;
using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;

Address Parsed(const std::string& text) {
  return ParseAddress(text, {.sockets = true, .zero_port = true}).value();
}

// Whether somebody answers there.
bool Answers(const SocketAddress& address) {
  const Descriptor client(socket(address.family(), SOCK_STREAM, 0));
  return connect(client.get(), address.get(), address.size) == 0;
}

std::string Refusal(const Address& address, const std::string& reason) {
  return fmt::format("cannot listen on '{}': {}", address.ToString(), reason);
}

TEST(BindAndListenTest, ListensWithoutWaitingAndNotInChildren) {
  Address address = Parsed("127.0.0.1:0");
  const auto sockets = BindAndListen(address);
  ASSERT_THAT(sockets, IsOkAndHolds(SizeIs(1)));
  const int socket = (*sockets)[0].get();
  EXPECT_NE(fcntl(socket, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(socket, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(address.port, 0);
}

TEST(BindAndListenTest, ListensOnAllThatANameStandsForAtOnePort) {
  Address address = Parsed("localhost:0");
  const auto sockets = BindAndListen(address);
  ASSERT_THAT(sockets, IsOkAndHolds(Not(IsEmpty())));
  const auto targets = Resolve(address);
  ASSERT_THAT(targets, IsOk());
  const auto answers = static_cast<size_t>(std::ranges::count_if(*targets, Answers));
  EXPECT_EQ(answers, sockets->size()) << address.ToString();
}

TEST(BindAndListenTest, TakesConnectionsOfBothFamiliesOnTheWildcardOfIpv6) {
  if (!HasLoopback(AF_INET6)) GTEST_SKIP() << "no IPv6 here";
  Address address = Parsed("[::]:0");
  const auto sockets = BindAndListen(address);
  ASSERT_THAT(sockets, IsOk());
  for (const char* host : {"127.0.0.1", "::1"}) {
    EXPECT_TRUE(Answers(Resolve({Address::Kind::kTcp, host, address.port}).value()[0])) << host;
  }
}

TEST(BindAndListenTest, LetsNoSecondServerListenOnAPortThatIsTaken) {
  std::vector<std::string> hosts = {"127.0.0.1", "0.0.0.0"};
  if (HasLoopback(AF_INET6)) hosts.insert(hosts.end(), {"[::1]", "[::]"});
  for (const std::string& host : hosts) {
    Address address = Parsed(host + ":0");
    const auto first = BindAndListen(address);
    ASSERT_THAT(first, IsOk()) << host;
    EXPECT_THAT(BindAndListen(address),
                StatusIs(kUnavailable, Refusal(address, "address already in use")));
  }
}

SocketAddress At(const std::string& host) {
  return Resolve({Address::Kind::kTcp, host, 0}).value()[0];
}

bool Answers(const std::string& host, uint16_t port) {
  SocketAddress address = At(host);
  address.set_port(port);
  return Answers(address);
}

TEST(ListenOnAllTest, GivesBothFamiliesOnePort) {
  if (!HasLoopback(AF_INET6)) GTEST_SKIP() << "no IPv6 here";
  for (const auto& [ipv4, ipv6] : {std::pair{"127.0.0.1", "::1"}, std::pair{"0.0.0.0", "::"}}) {
    uint16_t port = 0;
    const auto sockets = ListenOnAll({At(ipv6), At(ipv4)}, port);
    ASSERT_THAT(sockets, IsOkAndHolds(SizeIs(2))) << ipv6;
    EXPECT_TRUE(Answers("127.0.0.1", port)) << port;
    EXPECT_TRUE(Answers("::1", port)) << port;
  }
}

// 198.51.100.0/24 is for documentation (RFC 5737): no machine has it.
TEST(ListenOnAllTest, LeavesOutWhatThisMachineHasNot) {
  uint16_t port = 0;
  EXPECT_THAT(ListenOnAll({At("198.51.100.1"), At("127.0.0.1")}, port), IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(ListenOnAll({At("198.51.100.1"), At("198.51.100.2")}, port),
              StatusIs(kUnavailable, "cannot assign requested address"));
}

TEST(ListenOnAllTest, FailsWhenThePortIsTakenInOneFamily) {
  if (!HasLoopback(AF_INET6)) GTEST_SKIP() << "no IPv6 here";
  uint16_t port = 0;
  const auto first = ListenOnAll({At("::1")}, port);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(ListenOnAll({At("127.0.0.1"), At("::1")}, port),
              StatusIs(kUnavailable, "address already in use"));
  EXPECT_FALSE(Answers("127.0.0.1", port)) << port;
}

TEST(BindAndListenTest, RefusesANameWhenOneOfItsAddressesIsTaken) {
  Address taken = Parsed("127.0.0.1:0");
  const auto first = BindAndListen(taken);
  Address address = Parsed(fmt::format("localhost:{}", taken.port));
  EXPECT_THAT(BindAndListen(address),
              StatusIs(kUnavailable, Refusal(address, "address already in use")));
}

TEST(BindAndListenTest, ListensAgainAtOnceAfterConnectionsOfTheServerBefore) {
  Address address = Parsed("127.0.0.1:0");
  {
    const auto sockets = BindAndListen(address);
    ASSERT_THAT(sockets, IsOk());
    const SocketAddress target = Resolve(address).value()[0];
    const Descriptor client(socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(connect(client.get(), target.get(), target.size), 0);
    // The server's end closes first, and its port lingers in TIME_WAIT.
    const Descriptor server(accept((*sockets)[0].get(), nullptr, nullptr));
    ASSERT_GE(server.get(), 0);
    shutdown(server.get(), SHUT_RDWR);
  }
  EXPECT_THAT(BindAndListen(address), IsOk());
}

TEST(BindAndListenTest, NamesAnAddressThatThisMachineHasNot) {
  Address address = Parsed("198.51.100.1:8001");
  EXPECT_THAT(BindAndListen(address),
              StatusIs(kUnavailable, Refusal(address, "cannot assign requested address")));
}

TEST(BindAndListenTest, NamesAHostThatNobodyKnows) {
  Address address = Parsed("nowhere.invalid:8001");
  EXPECT_THAT(BindAndListen(address),
              StatusIs(kUnavailable, StartsWith(Refusal(address, "cannot look up "))));
}

class BindUnixTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  Address address_ = Parsed("unix:" + folder_.Path("s"));
};

TEST_F(BindUnixTest, LeavesTheSocketOfARunningServerAlone) {
  const auto first = BindAndListen(address_);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(BindAndListen(address_),
              StatusIs(kUnavailable, Refusal(address_, "the path is in use by a running server")));
  EXPECT_TRUE(Answers(Resolve(address_).value()[0]));
}

TEST_F(BindUnixTest, ReplacesTheSocketOfADeadServer) {
  { ASSERT_THAT(BindAndListen(address_), IsOk()); }
  ASSERT_TRUE(std::filesystem::is_socket(address_.name));
  ASSERT_FALSE(Answers(Resolve(address_).value()[0]));
  const auto second = BindAndListen(address_);
  ASSERT_THAT(second, IsOk());
  EXPECT_TRUE(Answers(Resolve(address_).value()[0]));
}

TEST_F(BindUnixTest, ReplacesNothingElse) {
  folder_.Write("s", "precious");
  EXPECT_THAT(BindAndListen(address_),
              StatusIs(kUnavailable, Refusal(address_, "there is a file that is no socket")));
  EXPECT_EQ(std::filesystem::file_size(address_.name), 8u);
}

TEST_F(BindUnixTest, FollowsNoLinkToASocket) {
  Address real = Parsed("unix:" + folder_.Path("real"));
  { ASSERT_THAT(BindAndListen(real), IsOk()); }
  std::filesystem::create_symlink(real.name, address_.name);
  EXPECT_THAT(BindAndListen(address_),
              StatusIs(kUnavailable, Refusal(address_, "there is a file that is no socket")));
}

TEST_F(BindUnixTest, NamesAFolderThatIsNotThere) {
  Address address = Parsed("unix:" + folder_.Path("no/s"));
  EXPECT_THAT(BindAndListen(address),
              StatusIs(kUnavailable, Refusal(address, "no such file or directory")));
}

TEST(BindAbstractTest, TakesANameOnce) {
  Address address = Parsed(fmt::format("unix-abstract:hillock-bind-test-{}", getpid()));
  const auto first = BindAndListen(address);
  ASSERT_THAT(first, IsOk());
  EXPECT_TRUE(Answers(Resolve(address).value()[0]));
  EXPECT_THAT(BindAndListen(address),
              StatusIs(kUnavailable, Refusal(address, "address already in use")));
}

}  // namespace
}  // namespace hillock::transport
