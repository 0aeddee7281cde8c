// SPDX-License-Identifier: Apache-2.0

// Connections: many, idle, gone, more than there are descriptors for, and where they come from.

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/http.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/some_models.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wire/raw_h2.h"

namespace hillock::testing {
namespace {

using Code = absl::StatusCode;

const std::string kIris = MakeRequest("iris", 4, std::vector<float>(4)).SerializeAsString();

absl::Status AskAnew(const std::string& address) {
  return CallWithBytes(WellBehavedClient::Connect(address), kModelInfer, kIris);
}

bool IsReady(ServerProcess& server) {
  const auto ready = Call(server, &inference::GRPCInferenceService::Stub::ServerReady,
                          inference::ServerReadyRequest());
  return ready.ok() && ready->ready();
}

TEST(ListenerTest, ServesAgainAfterAllDescriptorsWereTaken) {
  BesiegedServer besieged({}, {"prlimit", "--nofile=256:256", "--"});
  besieged.Endure([&] {
    std::vector<Descriptor> connections;
    for (int i = 0; i < 1000; ++i) connections.push_back(ConnectTcp(besieged.address()));
    EXPECT_TRUE(IsReady(besieged.server())) << "on a connection that was there before";
    connections.clear();
    EXPECT_TRUE(ComesToHold([&] { return AskAnew(besieged.address()).ok(); }));
    EXPECT_EQ(HttpGet(besieged.server().http_address(), "/metrics").status, 200);
  });
}

TEST(ListenerTest, ServesBesideIdleConnections) {
  BesiegedServer besieged;
  besieged.Endure([&] {
    std::vector<std::unique_ptr<RawH2>> idle;
    for (int i = 0; i < 2000; ++i) {
      idle.push_back(std::make_unique<RawH2>(besieged.address()));
      ASSERT_TRUE(idle.back()->Send(i % 2 == 0 ? Hello() : ""));
    }
    EXPECT_THAT(AskAnew(besieged.address()), IsOk());
  });
}

TEST(ListenerTest, ServesHttpBesideSilentConnections) {
  ServerProcess server(SomeModels{"iris"}.path());
  std::vector<Descriptor> silent;
  for (int i = 0; i < 2000; ++i) {
    silent.push_back(ConnectTcp(server.http_address()));
    if (i % 2 == 0) send(silent.back().get(), "GET /met", 8, MSG_NOSIGNAL);
  }
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(HttpGet(server.http_address(), "/metrics").status, 200);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
}

TEST(ListenerTest, ForgetsConnectionsThatVanish) {
  BesiegedServer besieged;
  const std::string begun = Hello() + CallHeaders(1, kModelInfer) +
                            DataFrames(1, std::string("\0\0\1\0\0", 5) + "begun", false);
  besieged.Endure([&] {
    for (int i = 0; i < 1000; ++i) {
      RawH2 peer(besieged.address());
      // Cut anywhere: within the preface, the SETTINGS, the call, or after it.
      peer.Send(std::string_view(begun).substr(0, begun.size() * (i % 10 + 1) / 10));
      peer.Vanish();
    }
  });
}

TEST(ListenerTest, ForgetsConnectionsThatWereUsed) {
  BesiegedServer besieged;
  besieged.Endure([&] {
    for (int i = 0; i < 300; ++i) EXPECT_THAT(AskAnew(besieged.address()), IsOk());
  });
}

// Clients ask for a sign of life as often as they like.
TEST(ListenerTest, AnswersEveryPingOfAnIdleClient) {
  constexpr size_t kPings = 500;
  BesiegedServer besieged;
  besieged.Endure([&] {
    RawH2 peer(besieged.address());
    ASSERT_TRUE(peer.Send(Hello() + CallHeaders(1, kModelStreamInfer)));
    for (size_t i = 1; i <= kPings; ++i) {
      ASSERT_TRUE(peer.Send(Frame(FrameType::kPing, kNoFlags, 0, "is alive")));
      ASSERT_TRUE(peer.ReadUntil([&] { return peer.Frames(FrameType::kPing) == i; }));
    }
    EXPECT_EQ(peer.Frames(FrameType::kGoAway), 0);
  });
}

// A client that has not yet acknowledged the server's SETTINGS is held to them, too.
TEST(ListenerTest, RefusesStreamsBeyondAThousandFromTheStart) {
  constexpr size_t kCalls = 5000;
  BesiegedServer besieged;
  besieged.Endure([&] {
    RawH2 peer(besieged.address());
    ASSERT_TRUE(peer.Send(Hello()));
    ASSERT_TRUE(
        peer.SendMany(kCalls, [](uint32_t n) { return CallHeaders(StreamId(n), kModelInfer); }));
    EXPECT_TRUE(peer.ReadUntil([&] { return peer.Frames(FrameType::kReset) == kCalls - 1000; }))
        << peer.Frames(FrameType::kReset) << " refused";
  });
}

TEST(ListenerTest, TakesNoMoreConnectionsThanItMay) {
  BesiegedServer besieged({"--max-connections", "20"});
  besieged.Endure([&] {
    std::vector<std::unique_ptr<RawH2>> open;
    size_t closed = 0;
    for (int i = 0; i < 100; ++i) {
      open.push_back(std::make_unique<RawH2>(besieged.address()));
      open.back()->Send(Hello());
      open.back()->ReadUntil([&] { return open.back()->Frames(FrameType::kSettings) > 0; });
      if (open.back()->closed()) ++closed;
    }
    EXPECT_EQ(closed, 82) << "18 beside those that were there before";
    EXPECT_THAT(AskAnew(besieged.address()), StatusIs(Code::kUnavailable, ::testing::_));
    open.clear();
    EXPECT_TRUE(ComesToHold([&] { return AskAnew(besieged.address()).ok(); }));
  });
}

class AddressTest : public ::testing::TestWithParam<std::string> {
 protected:
  const SomeModels models_{"iris"};
};

TEST_P(AddressTest, ServesUnderTheNameItTells) {
  const TemporaryFolder folder;
  std::string address = GetParam();
  if (const size_t at = address.find("FOLDER"); at != std::string::npos) {
    address.replace(at, 6, folder.path().string());
  }
  ServerProcess server(models_.path(), {"--listen", address});
  if (!address.ends_with(":0")) {
    EXPECT_EQ(server.address(), address);
  }
  EXPECT_THAT(AskAnew(server.address()), IsOk());
  server.process().Signal(SIGTERM);
  EXPECT_EQ(server.process().Wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(Each, AddressTest,
                         ::testing::Values("127.0.0.1:0", "localhost:0", "[::1]:0",
                                           "unix:FOLDER/socket", "unix-abstract:hillock-test"));

struct BadAddress {
  std::string name;
  std::string listen;
  std::string message;
};

void PrintTo(const BadAddress& bad, std::ostream* out) { *out << bad.listen; }

class BadAddressTest : public ::testing::TestWithParam<BadAddress> {};

TEST_P(BadAddressTest, IsToldBeforeAnythingIsLoaded) {
  const End end = RunToEnd(ServerCommand("no-such-repository", {"--listen", GetParam().listen}));
  EXPECT_EQ(end.code, 2);
  EXPECT_EQ(end.output, "");
  EXPECT_THAT(end.errors, ::testing::HasSubstr(GetParam().message));
}

const std::vector<BadAddress> kBadAddresses = {
    {"NoPort", "0.0.0.0", "got '0.0.0.0'"},
    {"OnlyAHost", "localhost", "got 'localhost'"},
    {"LargePort", "127.0.0.1:99999", "99999"},
    {"Url", "http://127.0.0.1:8001", "http"},
    {"LongPath", "unix:/tmp/" + std::string(150, 'x'), "unix:"},
};

INSTANTIATE_TEST_SUITE_P(Each, BadAddressTest, ::testing::ValuesIn(kBadAddresses),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hillock::testing
