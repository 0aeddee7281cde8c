// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/health_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/served_pets.h"

namespace hillock::rpc {
namespace {

using grpc::health::v1::HealthCheckResponse;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;

constexpr char kService[] = "inference.GRPCInferenceService";

class HealthServiceTest : public ::testing::Test {
 protected:
  HealthServiceTest() {
    pets_.Publish({pets_.Served("cat", 1), {"eel", 1, absl::DataLossError("bad checksum")}});
    readiness_.SetStarted();
  }

  absl::StatusOr<ServingStatus> Check(const std::string& service) const {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    HealthCheckResponse response;
    HILLOCK_RETURN_IF_ERROR(health_.Check(request, response));
    return response.status();
  }

  ServedPets pets_;
  lifecycle::Readiness readiness_{lifecycle::ReadinessRule::kAll, /*callers_decide=*/false};
  const HealthService health_{pets_.catalogs(), readiness_};
};

TEST_F(HealthServiceTest, KnowsTheServerItsServiceAndItsModels) {
  for (const char* service : {"", kService, "cat"}) {
    EXPECT_THAT(Check(service), IsOkAndHolds(HealthCheckResponse::SERVING)) << service;
  }
  EXPECT_THAT(Check("eel"), IsOkAndHolds(HealthCheckResponse::NOT_SERVING));
}

TEST_F(HealthServiceTest, KnowsNobodyElse) {
  for (const char* service : {"dog", "CAT", "cat/1", "inference", "\xff\xfe"}) {
    EXPECT_THAT(Check(service), StatusIs(absl::StatusCode::kNotFound,
                                         "unknown service '" + std::string(service) + "'"));
    EXPECT_EQ(health_.Now().StatusOf(service), HealthCheckResponse::SERVICE_UNKNOWN);
  }
  EXPECT_THAT(
      Check(std::string(1000, 'x')),
      StatusIs(absl::StatusCode::kNotFound, "unknown service '" + std::string(128, 'x') + "'"));
}

TEST_F(HealthServiceTest, TheServerServesWhileAModelDoes) {
  pets_.Publish({{"eel", 1, absl::DataLossError("bad checksum")}});
  for (const char* service : {"", kService, "eel"}) {
    EXPECT_THAT(Check(service), IsOkAndHolds(HealthCheckResponse::NOT_SERVING)) << service;
  }
}

TEST_F(HealthServiceTest, ModelsServeBeforeTheServerDoes) {
  const lifecycle::Readiness loading(lifecycle::ReadinessRule::kAll, /*callers_decide=*/false);
  const HealthService health(pets_.catalogs(), loading);
  EXPECT_EQ(health.Now().StatusOf(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(health.Now().StatusOf("cat"), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, IsItselfAlwaysThere) {
  readiness_.SetDraining();
  EXPECT_THAT(Check("grpc.health.v1.Health"), IsOkAndHolds(HealthCheckResponse::SERVING));
}

TEST_F(HealthServiceTest, NothingServesWhileTheServerDrains) {
  readiness_.SetDraining();
  for (const char* service : {"", kService, "cat", "eel"}) {
    EXPECT_THAT(Check(service), IsOkAndHolds(HealthCheckResponse::NOT_SERVING)) << service;
  }
  EXPECT_THAT(Check("dog"), StatusIs(absl::StatusCode::kNotFound, "unknown service 'dog'"));
}

TEST_F(HealthServiceTest, HasAnotherVersionAfterEveryChange) {
  const auto before = health_.version();
  EXPECT_EQ(health_.version(), before);
  pets_.Publish({});
  const auto between = health_.version();
  EXPECT_NE(between, before);
  readiness_.SetDraining();
  EXPECT_NE(health_.version(), between);
}

}  // namespace
}  // namespace hillock::rpc
