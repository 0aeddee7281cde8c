// SPDX-License-Identifier: Apache-2.0

// grpc.health.v1, as probers and load balancers use it.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>

#include "tests/integration/support/inference.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kService[] = "inference.GRPCInferenceService";

HealthCheckRequest About(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

class HealthTest : public ::testing::Test {
 protected:
  static absl::StatusOr<HealthCheckResponse::ServingStatus> Check(ServerProcess& server,
                                                                  const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    const auto status = ToAbsl(server.health().Check(&context, About(service), &response));
    if (!status.ok()) return status;
    return response.status();
  }

  const SomeModels models_{"iris"};
};

// One Watch call.
class Watcher {
 public:
  Watcher(ServerProcess& server, const std::string& service) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    reader_ = server.health().Watch(&context_, About(service));
  }

  // The next status, once there is one; none at the end of the stream.
  std::optional<HealthCheckResponse::ServingStatus> Next() {
    HealthCheckResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response.status();
  }

  absl::Status Finish() { return ToAbsl(reader_->Finish()); }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader_;
};

TEST_F(HealthTest, ChecksTheServerItsServiceAndItsModels) {
  models_.Add("broken", "no model");
  ServerProcess server(models_.path());
  for (const std::string service : {"", kService, "iris"}) {
    EXPECT_THAT(Check(server, service), IsOkAndHolds(HealthCheckResponse::SERVING)) << service;
  }
  EXPECT_THAT(Check(server, "broken"), IsOkAndHolds(HealthCheckResponse::NOT_SERVING));
  EXPECT_THAT(Check(server, "nobody"),
              StatusIs(absl::StatusCode::kNotFound, ::testing::HasSubstr("'nobody'")));
}

TEST_F(HealthTest, AWatcherOfNobodyHearsThatItIsUnknown) {
  ServerProcess server(models_.path());
  Watcher watcher(server, "nobody");
  EXPECT_EQ(watcher.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  watcher.Cancel();
  EXPECT_EQ(watcher.Next(), std::nullopt);
  EXPECT_THAT(Check(server, ""), IsOkAndHolds(HealthCheckResponse::SERVING));
}

TEST_F(HealthTest, WatchersHearOfTheShutdown) {
  ServerProcess server(models_.path());
  Watcher of_server(server, "");
  Watcher of_service(server, kService);
  Watcher of_model(server, "iris");
  for (Watcher* watcher : {&of_server, &of_service, &of_model}) {
    EXPECT_EQ(watcher->Next(), HealthCheckResponse::SERVING);
  }
  server.process().Signal(SIGTERM);
  for (Watcher* watcher : {&of_server, &of_service, &of_model}) {
    EXPECT_EQ(watcher->Next(), HealthCheckResponse::NOT_SERVING);
    EXPECT_EQ(watcher->Next(), std::nullopt);
    EXPECT_THAT(watcher->Finish(), IsOk());
  }
  EXPECT_EQ(server.process().Wait(), 0);
}

}  // namespace
}  // namespace hillock::testing
