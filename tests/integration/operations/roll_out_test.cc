// SPDX-License-Identifier: Apache-2.0

// Servers that come and go under load, and what must not hold them up when they go.

#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/core/model/writer.h"
#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/inference.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/wire/h2_peer.h"
#include "tests/support/wire/raw_h2.h"

namespace hillock::testing {
namespace {

using Reading = RawH2::Reading;

// Longer than a test waits: whoever exits in time has not used it up.
const std::vector<std::string> kNoHurry = {"--drain-seconds", "600"};

double Requests(const ServerProcess& server) {
  return MetricsPage(server).Sum("hillock_requests_total");
}

// Round robin over two replicas, one of which is replaced again and again. It takes its time to
// load its models.
TEST(RollOutTest, LosesNoCall) {
  constexpr int kRestarts = 10;
  const SomeModels models{"digits-relu"};
  const std::string other = model::WriteMlp(MlpBuilder(2).Add(2, "relu").Build());
  for (int i = 0; i < 500; ++i) models.Add("other-" + std::to_string(i), other);
  ServerProcess stays(models.path());
  std::optional<ServerProcess> goes(std::in_place, models.path());
  const std::string address = goes->address();
  WellBehavedClient client(WellBehavedClient::Connect("ipv4:" + stays.address() + "," + address));
  for (int i = 0; i < kRestarts; ++i) {
    ASSERT_TRUE(ComesToHold([&] { return Requests(*goes) >= 20; })) << "restart " << i;
    goes->process().Signal(SIGTERM);
    EXPECT_EQ(goes->process().Wait(), 0);
    goes.emplace(models.path(), std::vector<std::string>{"--listen", address});
  }
  const WellBehavedClient::Report report = client.Stop();
  report.Record();
  EXPECT_THAT(report.errors, ::testing::IsEmpty());
}

class DrainHeldUpTest : public ::testing::Test {
 protected:
  static void ExpectLeaves(ServerProcess& server) {
    server.process().Signal(SIGTERM);
    EXPECT_EQ(server.process().Wait(), 0);
  }

  // A call of so many rows, whose answer is that long.
  static std::string Rows(size_t rows) {
    return Framed(MakeRequest("curve-tanh", 1, std::vector<float>(rows, 0.5f)).SerializeAsString());
  }

  const SomeModels models_{"curve-tanh"};
};

TEST_F(DrainHeldUpTest, ByPeersThatTakeNothing) {
  ServerProcess server(models_.path(), kNoHurry);
  std::vector<std::unique_ptr<RawH2>> peers;
  for (const char* method : {kModelInfer, kModelStreamInfer}) {
    peers.push_back(std::make_unique<RawH2>(server.address(), Reading::kNothing));
    peers.back()->Send(Hello({{kInitialWindowSize, 0}}) + SettingsAck());
    peers.back()->SendMany(10, [&](uint32_t n) {
      return CallHeaders(StreamId(n), method) + DataFrames(StreamId(n), Rows(65'536), true);
    });
  }
  EXPECT_TRUE(ComesToHold([&] { return Requests(server) >= 20; }));
  ExpectLeaves(server);
}

// Connections that say nothing, or half a thing, have no call that could be finished.
TEST_F(DrainHeldUpTest, ByIdleAndSilentPeers) {
  ServerProcess server(models_.path(), kNoHurry);
  std::vector<std::unique_ptr<RawH2>> peers;
  for (const std::string& text : {std::string(), Hello(), Hello().substr(0, 10)}) {
    for (int i = 0; i < 20; ++i) {
      peers.push_back(std::make_unique<RawH2>(server.address()));
      peers.back()->Send(text);
    }
  }
  EXPECT_TRUE(ComesToHold(
      [&] { return ProcessStatus::Of(server.process().pid()).descriptors > peers.size(); }));
  ExpectLeaves(server);
}

// A call that never becomes complete gets the time there is, and no more.
TEST_F(DrainHeldUpTest, ByCallsThatStayOpenOnlyForItsTime) {
  ServerProcess server(models_.path(), {"--drain-seconds", "1"});
  RawH2 peer(server.address());
  peer.Send(Hello() + CallHeaders(1, kModelInfer));
  EXPECT_TRUE(peer.ReadUntil([&] { return peer.Frames(FrameType::kSettings) >= 2; }));
  ExpectLeaves(server);
}

TEST_F(DrainHeldUpTest, ByOrdersOfClientsWhoLeft) {
  const SomeModels many{};
  const std::string model = model::WriteMlp(MlpBuilder(2).Add(2, "relu").Build());
  for (int i = 0; i < 300; ++i) many.Add("model-" + std::to_string(i), model);
  ServerProcess server(many.path(), {"--drain-seconds", "600", "--model-control", "explicit"});
  {
    RawH2 peer(server.address());
    peer.Send(Hello());
    peer.SendMany(900, [](uint32_t n) {
      return CallHeaders(StreamId(n), "/inference.GRPCInferenceService/RepositoryIndex") +
             DataFrames(StreamId(n), Framed(""), true);
    });
  }
  ExpectLeaves(server);
}

TEST_F(DrainHeldUpTest, ByAModelThatIsBeingLoaded) {
  models_.Add("large", model::WriteMlp(UniformMlp({2048, 2048, 2048, 2048}, "tanh", 1)));
  ServerProcess server(models_.path(), {"--drain-seconds", "600", "--model-control", "explicit"});
  inference::RepositoryModelLoadRequest load;
  load.set_model_name("large");
  RawH2 peer(server.address());
  peer.Send(Hello() + CallHeaders(1, "/inference.GRPCInferenceService/RepositoryModelLoad") +
            DataFrames(1, Framed(load.SerializeAsString()), true));
  EXPECT_TRUE(peer.ReadUntil([&] { return peer.Frames(FrameType::kSettings) >= 2; }));
  ExpectLeaves(server);
}

TEST(StopWhileStartingTest, EndsAtOnce) {
  const SomeModels many{"iris"};
  const std::string model = model::WriteMlp(UniformMlp({1024, 1024}, "tanh", 1));
  for (int i = 0; i < 40; ++i) many.Add("model-" + std::to_string(i), model);
  Subprocess server(ServerCommand(many.path()));
  ASSERT_TRUE(server.WaitForLine("model 'iris' version 1"));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_THAT(server.output(), ::testing::HasSubstr("drained"));
}

}  // namespace
}  // namespace hillock::testing
