// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/address.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <string>

#include "tests/support/status_matchers.h"

namespace hillock::transport {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto kTcp = Address::Kind::kTcp;
constexpr auto kUnix = Address::Kind::kUnix;
constexpr auto kAbstract = Address::Kind::kAbstract;
constexpr AddressRules kServer{.sockets = true, .zero_port = true};
constexpr AddressRules kClient{.sockets = true, .zero_port = false};
constexpr AddressRules kMetrics{.sockets = false, .zero_port = true};

// What fits in sun_path beside a zero byte.
const std::string kLongestName(107, 'x');

struct Good {
  std::string text;
  Address::Kind kind;
  std::string name;
  uint16_t port;
  std::string canonical;

  Address address() const { return {kind, name, port}; }
};

const Good kGood[] = {
    {"127.0.0.1:8001", kTcp, "127.0.0.1", 8001, "127.0.0.1:8001"},
    {"localhost:1", kTcp, "localhost", 1, "localhost:1"},
    {"model-server.prod_2.svc:65535", kTcp, "model-server.prod_2.svc", 65535,
     "model-server.prod_2.svc:65535"},
    {"8001", kTcp, "127.0.0.1", 8001, "127.0.0.1:8001"},
    {":8001", kTcp, "127.0.0.1", 8001, "127.0.0.1:8001"},
    {"0.0.0.0:08001", kTcp, "0.0.0.0", 8001, "0.0.0.0:8001"},
    {"[::1]:8001", kTcp, "::1", 8001, "[::1]:8001"},
    {"[::]:8001", kTcp, "::", 8001, "[::]:8001"},
    {"[fe80::1%eth0]:80", kTcp, "fe80::1%eth0", 80, "[fe80::1%eth0]:80"},
    {"unix:/run/h.sock", kUnix, "/run/h.sock", 0, "unix:/run/h.sock"},
    {"unix:///run/h.sock", kUnix, "/run/h.sock", 0, "unix:/run/h.sock"},
    {"unix:h.sock", kUnix, "h.sock", 0, "unix:h.sock"},
    {"unix:/a:b/c d%20", kUnix, "/a:b/c d%20", 0, "unix:/a:b/c d%20"},
    {"unix:" + kLongestName, kUnix, kLongestName, 0, "unix:" + kLongestName},
    {"unix-abstract:hillock", kAbstract, "hillock", 0, "unix-abstract:hillock"},
    {"unix-abstract:1", kAbstract, "1", 0, "unix-abstract:1"},
    {"unix-abstract:" + kLongestName, kAbstract, kLongestName, 0, "unix-abstract:" + kLongestName},
};

TEST(ParseAddressTest, ReadsEveryForm) {
  for (const Good& good : kGood) {
    const auto address = ParseAddress(good.text, kClient);
    ASSERT_THAT(address, IsOkAndHolds(good.address())) << good.text;
    EXPECT_EQ(address->ToString(), good.canonical);
  }
}

TEST(ParseAddressTest, ReadsWhatToStringWrites) {
  for (const Good& good : kGood) {
    EXPECT_THAT(ParseAddress(good.address().ToString(), kClient), IsOkAndHolds(good.address()));
  }
}

struct Bad {
  std::string text;
  std::string reason;
};

const Bad kBad[] = {
    {"", "the port is missing"},
    {"localhost", "the port is missing"},
    {"0.0.0.0", "the port is missing"},
    {"localhost:", "the port is missing"},
    {":", "the port is missing"},
    {"[::1]", "the port is missing"},
    {"[::1]:", "the port is missing"},
    {"-1", "the port is missing"},
    {"localhost:http", "port 'http' is no number"},
    {"localhost:-1", "port '-1' is no number"},
    {"localhost:+80", "port '+80' is no number"},
    {"localhost:80 ", "port '80 ' is no number"},
    {"localhost: 80", "port ' 80' is no number"},
    {"localhost:8001/path", "port '8001/path' is no number"},
    {"localhost:0x50", "port '0x50' is no number"},
    {"127.0.0.1:99999", "port 99999 is over 65535"},
    {"65536", "port 65536 is over 65535"},
    {":18446744073709551617", "port 18446744073709551617 is over 65535"},
    {"http://127.0.0.1:8001", "leave out 'http://'"},
    {"dns:///localhost:8001", "leave out 'dns://'"},
    {"::1", "an IPv6 host needs brackets, as in [::1]:8001"},
    {"::1:8001", "an IPv6 host needs brackets, as in [::1]:8001"},
    {"::", "an IPv6 host needs brackets, as in [::1]:8001"},
    {"a:b:8001", "an IPv6 host needs brackets, as in [::1]:8001"},
    {"[::1", "the closing bracket is missing"},
    {"[::1]8001", "a colon and the port must follow the closing bracket"},
    {"[localhost]:8001", "what is in brackets is no IPv6 address"},
    {"[]:8001", "what is in brackets is no IPv6 address"},
    {"*:8001", "the host has a character that no host has"},
    {"local host:8001", "the host has a character that no host has"},
    {"user@host:8001", "the host has a character that no host has"},
    {"unix:", "the path is missing"},
    {"unix://", "unix:// takes an absolute path, as in unix:///run/h.sock"},
    {"unix://run/h.sock", "unix:// takes an absolute path, as in unix:///run/h.sock"},
    {"unix:" + kLongestName + "x", "the path has 108 bytes, at most 107 fit"},
    {std::string("unix:a\0b", 8), "the path has a zero byte in it"},
    {"unix-abstract:", "the name is missing"},
    {"unix-abstract:" + kLongestName + "x", "the name has 108 bytes, at most 107 fit"},
};

TEST(ParseAddressTest, TellsWhatIsWrong) {
  for (const Bad& bad : kBad) {
    for (const AddressRules& rules : {kServer, kClient}) {
      EXPECT_THAT(
          ParseAddress(bad.text, rules),
          StatusIs(absl::StatusCode::kInvalidArgument,
                   AllOf(StartsWith("got '" + bad.text.substr(0, 128) + "', want HOST:PORT"),
                         HasSubstr("unix:PATH or unix-abstract:NAME: "), EndsWith(bad.reason))));
    }
  }
}

TEST(ParseAddressTest, TakesPortZeroToListenOnOnly) {
  for (const char* text : {"127.0.0.1:0", ":0", "0", "[::1]:0"}) {
    EXPECT_THAT(ParseAddress(text, kServer), IsOk()) << text;
    EXPECT_THAT(ParseAddress(text, kClient),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("port 0 is none")))
        << text;
  }
}

TEST(ParseAddressTest, TakesNoSocketWhereNoneCanBe) {
  EXPECT_THAT(ParseAddress("[::1]:0", kMetrics), IsOk());
  for (const char* text : {"unix:/x", "unix:", "unix-abstract:x"}) {
    EXPECT_THAT(ParseAddress(text, kMetrics),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         EndsWith("want HOST:PORT, [IPV6]:PORT, PORT: this one cannot be a unix "
                                  "socket")))
        << text;
  }
}

TEST(ParseAddressTest, QuotesNoMoreThanALineOfIt) {
  const auto address = ParseAddress(std::string(10'000, 'h'), kClient);
  EXPECT_LT(address.status().message().size(), 300u);
}

TEST(ResolveTest, TakesNumbersAsTheyAre) {
  const auto sockets = Resolve({kTcp, "127.0.0.1", 8001});
  ASSERT_THAT(sockets, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ((*sockets)[0].family(), AF_INET);
  EXPECT_EQ((*sockets)[0].size, sizeof(sockaddr_in));
  EXPECT_EQ((*sockets)[0].port(), 8001);
  const auto& ipv4 = reinterpret_cast<const sockaddr_in&>((*sockets)[0].storage);
  EXPECT_EQ(ipv4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

TEST(ResolveTest, TakesIpv6) {
  const auto sockets = Resolve({kTcp, "::1", 8001});
  ASSERT_THAT(sockets, IsOkAndHolds(SizeIs(1)));
  EXPECT_EQ((*sockets)[0].family(), AF_INET6);
  EXPECT_EQ((*sockets)[0].port(), 8001);
}

TEST(ResolveTest, FindsTheLoopbackByName) {
  const auto sockets = Resolve({kTcp, "localhost", 7});
  ASSERT_THAT(sockets, IsOk());
  for (const SocketAddress& socket : *sockets) EXPECT_EQ(socket.port(), 7);
}

TEST(ResolveTest, SetsThePortOfEitherFamily) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    auto sockets = Resolve({kTcp, host, 0});
    ASSERT_THAT(sockets, IsOk());
    (*sockets)[0].set_port(65535);
    EXPECT_EQ((*sockets)[0].port(), 65535) << host;
  }
}

// RFC 6761 keeps "invalid" from ever being a domain.
TEST(ResolveTest, NamesAHostThatNobodyKnows) {
  EXPECT_THAT(
      Resolve({kTcp, "nowhere.invalid", 1}),
      StatusIs(absl::StatusCode::kUnavailable, StartsWith("cannot look up 'nowhere.invalid': ")));
}

TEST(ResolveTest, EndsAPathWithAZeroByteAndBeginsAnAbstractNameWithOne) {
  const auto path = Resolve({kUnix, "/x", 0});
  const auto name = Resolve({kAbstract, "x", 0});
  ASSERT_THAT(path, IsOkAndHolds(SizeIs(1)));
  ASSERT_THAT(name, IsOkAndHolds(SizeIs(1)));
  const auto bytes = [](const SocketAddress& socket) {
    const auto& address = reinterpret_cast<const sockaddr_un&>(socket.storage);
    return std::string(address.sun_path, socket.size - offsetof(sockaddr_un, sun_path));
  };
  EXPECT_EQ(bytes((*path)[0]), std::string("/x\0", 3));
  EXPECT_EQ(bytes((*name)[0]), std::string("\0x", 2));
  EXPECT_EQ((*path)[0].port(), 0);
}

}  // namespace
}  // namespace hillock::transport
