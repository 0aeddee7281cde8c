// SPDX-License-Identifier: Apache-2.0

// Whether the server is ready is one fact: health, ServerReady and the log agree on it.

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/support/inference.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;
using ::testing::Not;
using Stub = inference::GRPCInferenceService::Stub;

constexpr int kModelRefused = 3;

HealthCheckResponse::ServingStatus Health(ServerProcess& server, const std::string& service) {
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  EXPECT_THAT(ToAbsl(server.health().Check(&context, request, &response)), IsOk()) << service;
  return response.status();
}

bool IsReady(ServerProcess& server) {
  const bool ready = Call(server, &Stub::ServerReady, inference::ServerReadyRequest())->ready();
  EXPECT_EQ(Health(server, "") == HealthCheckResponse::SERVING, ready);
  return ready;
}

// Whether the server becomes ready, as a watcher hears it.
bool BecomesReady(ServerProcess& server) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
  const auto reader = server.health().Watch(&context, HealthCheckRequest());
  HealthCheckResponse response;
  while (reader->Read(&response)) {
    if (response.status() == HealthCheckResponse::SERVING) return true;
  }
  return false;
}

struct Rule {
  std::string name;
  std::vector<std::string> flags;
  bool one_failed;  // whether it is ready then
  bool all_failed;
};

class ReadinessRuleTest : public ::testing::TestWithParam<Rule> {};

TEST_P(ReadinessRuleTest, SaysWhetherFailedModelsCount) {
  const SomeModels models{};
  models.Add("broken", "junk");
  {
    ServerProcess server(models.path(), GetParam().flags);
    EXPECT_EQ(IsReady(server), GetParam().all_failed);
    EXPECT_THAT(server.process().output(), HasSubstr(" not ready: 0 models, 1 unavailable"));
  }
  models.Add("iris", ModelContent("iris"));
  ServerProcess server(models.path(), GetParam().flags);
  EXPECT_EQ(IsReady(server), GetParam().one_failed);
  EXPECT_EQ(Health(server, "iris"), HealthCheckResponse::SERVING);
  EXPECT_THAT(Infer(server, MakeRequest("iris", 4, std::vector<float>(4))), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Rules, ReadinessRuleTest,
                         ::testing::Values(Rule{"Default", {}, true, false},
                                           Rule{"Any", {"--readiness", "any"}, true, false},
                                           Rule{"All", {"--readiness", "all"}, true, false},
                                           Rule{"Strict", {"--readiness", "strict"}, false, false}),
                         [](const auto& test) { return test.param.name; });

TEST(ReadinessTest, IsNotWhatKeepsTheProcessAlive) {
  const SomeModels models{};
  models.Add("broken", "junk");
  ServerProcess server(models.path());
  EXPECT_EQ(Health(server, "grpc.health.v1.Health"), HealthCheckResponse::SERVING);
  const std::vector<std::string> health = {HILLOCK_CLIENT_BINARY, "health", "--server",
                                           server.address()};
  EXPECT_EQ(RunToEnd(health).code, 1);
  server.process().Signal(SIGTERM);
  EXPECT_EQ(server.process().Wait(), 0);
}

TEST(ReadinessTest, OfAModelIsAskedByItsName) {
  const SomeModels models{"iris"};
  models.Add("broken", "junk");
  ServerProcess server(models.path());
  for (const auto& [model, code] : {std::pair("iris", 0), {"broken", 1}, {"nobody", 1}}) {
    EXPECT_EQ(
        RunToEnd({HILLOCK_CLIENT_BINARY, "health", "--model", model, "--server", server.address()})
            .code,
        code)
        << model;
  }
}

TEST(ReadinessTest, OfWhoeverWaitsForOrders) {
  const SomeModels models{"iris"};
  models.Add("broken", "junk");
  ServerProcess server(models.path(), {"--model-control", "explicit"});
  EXPECT_TRUE(IsReady(server)) << "nothing has been asked for";
  inference::RepositoryModelLoadRequest load;
  load.set_model_name("broken");
  EXPECT_FALSE(Call(server, &Stub::RepositoryModelLoad, load).ok());
  EXPECT_FALSE(IsReady(server));
  load.set_model_name("iris");
  EXPECT_THAT(Call(server, &Stub::RepositoryModelLoad, load), IsOk());
  EXPECT_TRUE(IsReady(server));
}

TEST(ExitOnErrorTest, EndsTheServerWhenAModelIsRefused) {
  const SomeModels models{"iris"};
  { ServerProcess server(models.path(), {"--exit-on-error"}); }
  models.folder().Write("iris/2/model.mlp", "junk");
  const End end = RunToEnd(ServerCommand(models.path(), {"--exit-on-error"}));
  EXPECT_EQ(end.code, kModelRefused);
  EXPECT_THAT(end.output, HasSubstr("model 'iris' cannot be served as it is"));
}

class LateRepositoryTest : public ::testing::Test {
 protected:
  void Appear() const {
    models_.Write(".new/net/1/model.mlp", ConstantModel(1));
    std::filesystem::rename(models_.Path(".new"), models_.Path("root"));
  }
  const TemporaryFolder models_;
};

TEST_F(LateRepositoryTest, IsWaitedForNotServing) {
  ServerProcess server(models_.Path("root"), {"--repository-wait", "60"});
  EXPECT_FALSE(IsReady(server));
  EXPECT_TRUE(server.process().WaitForLine("waiting for models"));
  Appear();
  EXPECT_TRUE(BecomesReady(server));
  EXPECT_TRUE(IsReady(server));
  EXPECT_THAT(Infer(server, MakeRequest("net", 4, std::vector<float>(4))), IsOk());
  EXPECT_TRUE(server.process().WaitForLine(" ready: 1 models, 0 unavailable"));
}

TEST_F(LateRepositoryTest, MayBeTooLate) {
  const End end = RunToEnd(ServerCommand(models_.Path("root"), {"--repository-wait", "0.1"}));
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.output, HasSubstr("root': no such folder"));
}

TEST_F(LateRepositoryTest, DoesNotDelayTheEnd) {
  ServerProcess server(models_.Path("root"), {"--repository-wait", "600", "--drain-wait", "600"});
  server.process().Signal(SIGTERM);
  EXPECT_EQ(server.process().Wait(), 0);
}

TEST_F(LateRepositoryTest, IsFollowedWhenPolling) {
  std::filesystem::create_directory(models_.Path("empty"));
  ServerProcess server(models_.Path("empty"),
                       {"--model-control", "poll", "--poll-seconds", "0.05"});
  EXPECT_FALSE(IsReady(server));
  models_.Write("empty/net/1/model.mlp", ConstantModel(1));
  EXPECT_TRUE(BecomesReady(server));
}

}  // namespace
}  // namespace hillock::testing
