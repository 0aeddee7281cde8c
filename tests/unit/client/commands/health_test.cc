// SPDX-License-Identifier: Apache-2.0

// `hillock health`, from its arguments to what it prints.

#include <gmock/gmock.h>

#include <future>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/unit/client/commands/command_fixture.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

using grpc::health::v1::HealthCheckResponse;

class HealthTest : public CommandTest {};

TEST_F(HealthTest, IsOkOnlyWhenServing) {
  const Outcome serving = Call({"health"});
  EXPECT_THAT(serving.status, IsOk());
  EXPECT_EQ(serving.out, "SERVING\n");
  server_.set_health(HealthCheckResponse::NOT_SERVING);
  const Outcome not_serving = Call({"health", "--service", "sign"});
  EXPECT_THAT(not_serving.status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("'sign' is NOT_SERVING")));
  EXPECT_EQ(not_serving.out, "NOT_SERVING\n");
}

TEST_F(HealthTest, AsksForAModelByName) {
  EXPECT_THAT(Call({"health", "--model", "sign"}).status, IsOk());
  EXPECT_THAT(Call({"health", "--model", "nope"}).status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("nope")));
}

TEST_F(HealthTest, SpeaksJson) {
  EXPECT_EQ(nlohmann::json::parse(Call({"health", "--json"}).out)["status"], "SERVING");
}

TEST_F(HealthTest, OfSomethingUnknownIsAnError) {
  const Outcome outcome = Call({"health", "--service", "nope"});
  EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kNotFound, HasSubstr("nope")));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(HealthTest, WaitsForAServerThatComesUp) {
  auto gone = std::make_unique<FakeServer>();
  const int port = gone->port();
  const std::string address = gone->address();
  gone.reset();
  auto waiting = std::async(std::launch::async, [address] {
    return Run({"health", "--wait", "20", "--server", address});
  });
  const FakeServer late(port);
  const Outcome outcome = waiting.get();
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.out, "SERVING\n");
}

}  // namespace
}  // namespace hillock::client
