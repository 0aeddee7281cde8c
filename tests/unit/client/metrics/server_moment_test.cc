// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/server_moment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

Metrics Read(int requests, int below) {
  const auto line = [](const std::string& name, int value) {
    return name + " " + std::to_string(value) + "\n";
  };
  std::string text = "# TYPE hillock_requests_total counter\n";
  text += line("hillock_requests_total{model=\"a\",code=\"OK\"}", requests);
  text += line("hillock_requests_total{model=\"b\",code=\"OK\"}", requests);
  text += "# TYPE hillock_request_seconds histogram\n";
  text += line("hillock_request_seconds_bucket{stage=\"queue\",le=\"0.001\"}", below);
  text += line("hillock_request_seconds_bucket{stage=\"queue\",le=\"+Inf\"}", below);
  const auto metrics = ParseMetrics(text);
  EXPECT_THAT(metrics, testing::IsOk());
  return *metrics;
}

TEST(ServerMomentTest, IsWhatHappenedBetweenTwoReadings) {
  const ServerMoment moment = MomentBetween(Read(100, 10), Read(300, 20), 7, 2);
  EXPECT_EQ(moment.at, 7);
  EXPECT_EQ(moment.requests_per_second, 200) << "of both models";
  EXPECT_EQ(moment.queue_p50, 0.0005);
  EXPECT_TRUE(std::isnan(moment.compute_p99)) << "nothing was computed";
}

}  // namespace
}  // namespace hillock::client
