// SPDX-License-Identifier: Apache-2.0

// Calls of plain methods in numbers: they cost no thread each, and health answers beside them.

#include <gmock/gmock.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "proto/health.pb.h"
#include "server/core/model/writer.h"
#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/support/wire/h2_peer.h"
#include "tests/support/wire/raw_h2.h"

namespace hillock::testing {
namespace {

using Code = absl::StatusCode;

constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
constexpr char kIndex[] = "/inference.GRPCInferenceService/RepositoryIndex";
constexpr char kLoad[] = "/inference.GRPCInferenceService/RepositoryModelLoad";
constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";

absl::Status AskHealthAnew(const std::string& address) {
  return CallWithBytes(WellBehavedClient::Connect(address), kCheck, "");
}

// So many calls at once on a new connection, each with this message, or none.
std::unique_ptr<RawH2> Calls(const std::string& address, uint32_t count, const char* method,
                             const std::string& data) {
  auto peer = std::make_unique<RawH2>(address);
  EXPECT_TRUE(peer->Send(Hello()));
  EXPECT_TRUE(peer->SendMany(count, [&](uint32_t n) {
    return CallHeaders(StreamId(n), method) +
           (data.empty() ? "" : DataFrames(StreamId(n), data, true));
  }));
  return peer;
}

class ControlFloodTest : public ::testing::Test {
 protected:
  void ExpectThreadsAsBefore() {
    const ProcessStatus now = ProcessStatus::Of(besieged_.server().process().pid());
    EXPECT_EQ(now.threads, before_.threads);
  }

  BesiegedServer besieged_{{"--model-control", "explicit", "--load-model", "*"}};
  const ProcessStatus before_ = ProcessStatus::Of(besieged_.server().process().pid());
};

TEST_F(ControlFloodTest, ReflectionStreamsCostNoThreads) {
  besieged_.Endure([&] {
    std::vector<std::unique_ptr<RawH2>> peers;
    for (int i = 0; i < 3; ++i) peers.push_back(Calls(besieged_.address(), 990, kReflection, ""));
    EXPECT_THAT(AskHealthAnew(besieged_.address()), IsOk());
    ExpectThreadsAsBefore();
  });
}

TEST_F(ControlFloodTest, OrdersOfClientsWhoLeaveAreForgotten) {
  besieged_.Endure([&] {
    inference::RepositoryModelLoadRequest load;
    load.set_model_name("iris");
    const auto lists = Calls(besieged_.address(), 900, kIndex, Framed(""));
    const auto loads = Calls(besieged_.address(), 900, kLoad, Framed(load.SerializeAsString()));
    EXPECT_THAT(AskHealthAnew(besieged_.address()), IsOk());
    ExpectThreadsAsBefore();
  });
}

TEST_F(ControlFloodTest, EveryWatcherIsServed) {
  constexpr uint32_t kWatchers = 900;
  besieged_.Endure([&] {
    const auto watchers = Calls(besieged_.address(), kWatchers, kWatch, Framed(""));
    EXPECT_TRUE(
        watchers->ReadUntil([&] { return watchers->Frames(FrameType::kData) == kWatchers; }));
    EXPECT_EQ(watchers->Frames(FrameType::kReset), 0);
    const auto health =
        grpc::health::v1::Health::NewStub(WellBehavedClient::Connect(besieged_.address()));
    grpc::ClientContext context;
    const auto watch = health->Watch(&context, {});
    grpc::health::v1::HealthCheckResponse response;
    ASSERT_TRUE(watch->Read(&response));
    EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
    context.TryCancel();
    watch->Finish();
    ExpectThreadsAsBefore();
  });
}

}  // namespace
}  // namespace hillock::testing
