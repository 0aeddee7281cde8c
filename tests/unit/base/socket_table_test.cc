#include "server/base/socket_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/loopback.h"

namespace hillock {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::HasLoopback;
using ::hillock::testing::Loopback;

constexpr Nanos kSecond = 1'000'000'000;

std::string V4(uint16_t port) { return fmt::format("ipv4:127.0.0.1:{}", port); }

TEST(SocketTable, FindsSocketsByTheirPeers) {
  FakeClock clock;
  SocketTable table(clock);
  const Loopback first(AF_INET);
  const Loopback second(AF_INET);
  EXPECT_EQ(table.Find(V4(first.client_port())), first.server());
  EXPECT_EQ(table.Find(V4(second.client_port())), second.server());
  EXPECT_EQ(table.Find(V4(first.client_port())), first.server());
}

TEST(SocketTable, KnowsBothSpellingsOfIpv6) {
  FakeClock clock;
  SocketTable table(clock);
  if (!HasLoopback(AF_INET6)) GTEST_SKIP() << "no IPv6 here";
  const Loopback loopback(AF_INET6);
  for (const char* form : {"ipv6:%5B::1%5D:{}", "ipv6:[::1]:{}"}) {
    const std::string peer = fmt::format(fmt::runtime(form), loopback.client_port());
    EXPECT_EQ(table.Find(peer), loopback.server()) << peer;
  }
}

TEST(SocketTable, LooksForNewConnectionsOnceASecond) {
  FakeClock clock;
  SocketTable table(clock);
  const Loopback old(AF_INET);
  EXPECT_EQ(table.Find(V4(old.client_port())), old.server());
  const Loopback recent(AF_INET);
  EXPECT_EQ(table.Find(V4(recent.client_port())), -1);
  clock.Advance(kSecond);
  EXPECT_EQ(table.Find(V4(recent.client_port())), recent.server());
  EXPECT_EQ(table.Find(V4(old.client_port())), old.server());
}

TEST(SocketTable, ForgetsWhatIsClosedWhenItLooks) {
  FakeClock clock;
  SocketTable table(clock);
  std::string peer;
  {
    const Loopback gone(AF_INET);
    peer = V4(gone.client_port());
    EXPECT_EQ(table.Find(peer), gone.server());
  }
  clock.Advance(kSecond);
  EXPECT_EQ(table.Find("ipv4:127.0.0.1:1"), -1) << "nobody is there, so it looks";
  EXPECT_EQ(table.Find(peer), -1);
}

TEST(SocketTable, FindsNothingForWhatIsNoAddress) {
  FakeClock clock;
  SocketTable table(clock);
  const Loopback loopback(AF_INET);
  const std::string port = std::to_string(loopback.client_port());
  for (const std::string& peer : std::vector<std::string>{
           "", ":", "unix:/tmp/socket", "ipv4:" + port, "ipv4:localhost:" + port,
           "ipv4:127.0.0.1:", "ipv4:127.0.0.1:x" + port, "ipv4:127.0.0.1:" + port + "0000",
           "ipv6:%5B::1:" + port, "ipv6:[]:" + port}) {
    EXPECT_EQ(table.Find(peer), -1) << peer;
  }
}

}  // namespace
}  // namespace hillock
