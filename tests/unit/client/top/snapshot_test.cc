// SPDX-License-Identifier: Apache-2.0
#include "client/top/snapshot.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::testing::SizeIs;

// A server that has answered `n` requests so far, one in ten of them refused.
Metrics Read(double n) {
  const auto metrics = ParseMetrics(fmt::format(
      R"(# TYPE hillock_requests_total counter
hillock_requests_total{{model="iris",version="1",code="OK"}} {0}
hillock_requests_total{{model="iris",version="1",code="INTERNAL"}} {1}
# TYPE hillock_model_state gauge
hillock_model_state{{model="iris",version="1",state="READY"}} 1
hillock_model_state{{model="iris",version="2",state="UNAVAILABLE"}} 1
hillock_model_state{{model="iris",version="2",state="READY"}} 0
hillock_model_state{{model="idle",version="1",state="READY"}} 1
# TYPE hillock_queue_rows gauge
hillock_queue_rows{{model="iris"}} 7
# TYPE hillock_activation_elements_total counter
hillock_activation_elements_total{{activation="relu",backend="onednn",path="fused"}} {2}
hillock_activation_elements_total{{activation="tanh",backend="onednn",path="fused"}} 5
# TYPE hillock_activation_timed_elements_total counter
hillock_activation_timed_elements_total{{activation="relu",backend="onednn"}} 1000
# TYPE hillock_activation_seconds histogram
hillock_activation_seconds_sum{{activation="relu",backend="onednn"}} 2e-06
hillock_activation_seconds_count{{activation="relu",backend="onednn"}} 1
# TYPE hillock_activation_sampled_elements_total counter
hillock_activation_sampled_elements_total{{model="iris",layer="layer0",activation="relu"}} 200
hillock_activation_sampled_elements_total{{model="iris",layer="layer1",activation="tanh"}} 0
# TYPE hillock_activation_saturated_elements_total counter
hillock_activation_saturated_elements_total{{model="iris",layer="layer0",activation="relu"}} 50
# TYPE hillock_layer_dead_units gauge
hillock_layer_dead_units{{model="iris",layer="layer0"}} 3
# TYPE hillock_reactor_busy_seconds_total counter
hillock_reactor_busy_seconds_total{{reactor="0"}} {3}
# TYPE hillock_connections gauge
hillock_connections{{reactor="0"}} 4
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total {3}
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1000
)",
      0.9 * n, 0.1 * n, 1e6 * n, n / 100));
  EXPECT_THAT(metrics, testing::IsOk());
  return *metrics;
}

TEST(SnapshotTest, IsWhatHappenedBetweenTwoReadings) {
  const TopSnapshot snapshot = SnapshotBetween(Read(100), Read(300), 2, 4600);
  ASSERT_THAT(snapshot.models, SizeIs(2));
  EXPECT_EQ(snapshot.models[0].name, "idle");
  EXPECT_EQ(snapshot.models[0].requests_per_second, 0);
  EXPECT_TRUE(std::isnan(snapshot.models[0].p99));
  const TopModel& iris = snapshot.models[1];
  EXPECT_EQ(iris.state, "READY, UNAVAILABLE");
  EXPECT_DOUBLE_EQ(iris.requests_per_second, 100);
  EXPECT_DOUBLE_EQ(iris.failures_per_second, 10);
  EXPECT_EQ(iris.queue_rows, 7);
  EXPECT_EQ(snapshot.process.uptime, 3600);
  EXPECT_DOUBLE_EQ(snapshot.process.cores, 1);
  EXPECT_TRUE(std::isnan(snapshot.process.open_files)) << "it was not told";
}

TEST(SnapshotTest, TellsWhatActivationsCost) {
  const TopSnapshot snapshot = SnapshotBetween(Read(100), Read(300), 2, 0);
  ASSERT_THAT(snapshot.activations, SizeIs(2));
  const TopActivation& relu = snapshot.activations[0];
  EXPECT_EQ(relu.name, "relu");
  EXPECT_DOUBLE_EQ(relu.elements_per_second, 1e8);
  EXPECT_DOUBLE_EQ(relu.nanos_per_element, 2) << "timed before the interval";
  EXPECT_DOUBLE_EQ(relu.cores, 0.2);
  EXPECT_EQ(snapshot.activations[1].elements_per_second, 0);
}

TEST(SnapshotTest, TellsSaturationAndReactors) {
  const TopSnapshot snapshot = SnapshotBetween(Read(100), Read(300), 2, 0);
  ASSERT_THAT(snapshot.layers, SizeIs(2));
  EXPECT_EQ(snapshot.layers[0].saturated, 0.25);
  EXPECT_EQ(snapshot.layers[0].dead_units, 3);
  EXPECT_TRUE(std::isnan(snapshot.layers[1].saturated)) << "nothing was sampled";
  ASSERT_THAT(snapshot.reactors, SizeIs(1));
  EXPECT_DOUBLE_EQ(snapshot.reactors[0].busy, 1);
  EXPECT_EQ(snapshot.reactors[0].connections, 4);
}

TEST(SnapshotTest, AServerThatWasStartedAnewCountsFromNothing) {
  const TopSnapshot snapshot = SnapshotBetween(Read(300), Read(100), 1, 0);
  EXPECT_DOUBLE_EQ(snapshot.models[1].requests_per_second, 100);
}

}  // namespace
}  // namespace hillock::client
