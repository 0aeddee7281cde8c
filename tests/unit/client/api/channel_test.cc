// SPDX-License-Identifier: Apache-2.0
#include "client/api/channel.h"

#include <gmock/gmock.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "client/api/client.h"
#include "proto/health.grpc.pb.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_folder.h"

namespace hillock::client {
namespace {

using ::hillock::testing::StatusIs;
using ::hillock::testing::TemporaryFolder;
using ::testing::HasSubstr;

TEST(GrpcTargetTest, IsAUriThatMeansTheAddress) {
  const std::pair<const char*, const char*> cases[] = {
      {"127.0.0.1:8001", "dns:///127.0.0.1:8001"}, {"xds:8001", "dns:///xds:8001"},
      {"[::1]:8001", "dns:///%5B%3A%3A1%5D:8001"}, {"unix:/run/h.sock", "unix:%2Frun%2Fh.sock"},
      {"unix:a b%20", "unix:a%20b%2520"},          {"unix-abstract://h", "unix-abstract:%2F%2Fh"},
  };
  for (const auto& [address, target] : cases) {
    EXPECT_EQ(GrpcTarget(transport::ParseAddress(address, {}).value()), target) << address;
  }
}

TEST(OpenChannelTest, RefusesWhatIsNoAddressToCall) {
  EXPECT_THAT(OpenChannel({"localhost"}, DefaultArguments()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got 'localhost'")));
}

// Health that always serves, at whatever address gRPC's server listens on.
class OpenChannelAtTest : public ::testing::TestWithParam<std::string> {
 protected:
  struct Health final : grpc::health::v1::Health::Service {
    grpc::Status Check(grpc::ServerContext* context, const grpc::health::v1::HealthCheckRequest*,
                       grpc::health::v1::HealthCheckResponse* response) override {
      const auto& metadata = context->client_metadata();
      const auto it = metadata.find("authorization");
      authorization = it == metadata.end() ? "" : std::string(it->second.data(), it->second.size());
      response->set_status(grpc::health::v1::HealthCheckResponse::SERVING);
      return grpc::Status::OK;
    }

    std::string authorization;  // of the last call
  };

  // The folder's path, where the parameter begins with a slash.
  std::string Place(const std::string& text) const {
    return text.starts_with("unix:/") ? "unix:" + folder_.path().string() + text.substr(5) : text;
  }

  const TemporaryFolder folder_;
};

TEST_P(OpenChannelAtTest, ReachesTheServer) {
  Health health;
  int port = 0;
  grpc::ServerBuilder builder;
  const std::string address = Place(GetParam());
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&health);
  const auto server = builder.BuildAndStart();
  // A machine may lack IPv6, as containers often do: nobody can be reached there.
  if (server == nullptr) GTEST_SKIP() << "cannot listen on " << address;
  const std::string target = address.ends_with(":0")
                                 ? address.substr(0, address.size() - 1) + std::to_string(port)
                                 : address;
  const auto ask = [&](const Endpoint& endpoint) {
    const auto client = Client::Connect(endpoint, {});
    EXPECT_TRUE(client->Check("", std::chrono::seconds(10)).ok()) << target;
    return health.authorization;
  };
  Endpoint endpoint{target};
  EXPECT_EQ(ask(endpoint), "");
  folder_.Write("token", "open-sesame\n");
  endpoint.token_file = folder_.Path("token");
  EXPECT_EQ(ask(endpoint), "Bearer open-sesame");
  server->Shutdown();
}

INSTANTIATE_TEST_SUITE_P(Each, OpenChannelAtTest,
                         ::testing::Values("127.0.0.1:0", "localhost:0", "[::1]:0", "unix:/s",
                                           "unix-abstract:hillock-channel-test"));

}  // namespace
}  // namespace hillock::client
