// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_CLIENT_METRICS_SAMPLE_STATS_H_
#define HILLOCK_TESTS_UNIT_CLIENT_METRICS_SAMPLE_STATS_H_

#include <gtest/gtest.h>

#include <string>

#include "client/metrics/metrics_text.h"
#include "client/metrics/stats.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {

// The metrics of a server with two activations and a model that were used, and some that were not.
inline constexpr char kSampleMetrics[] = R"(
# TYPE hillock_activation_elements_total counter
hillock_activation_elements_total{activation="relu",backend="onednn",path="fused"} 1000000
hillock_activation_elements_total{activation="relu",backend="onednn",path="split"} 2000
hillock_activation_elements_total{activation="ncu",backend="fallback",path="split"} 50
hillock_activation_elements_total{activation="tanh",backend="onednn",path="fused"} 0
# TYPE hillock_activation_timed_elements_total counter
hillock_activation_timed_elements_total{activation="relu",backend="onednn"} 2000
# TYPE hillock_activation_seconds histogram
hillock_activation_seconds_bucket{activation="relu",backend="onednn",le="1e-06"} 5
hillock_activation_seconds_bucket{activation="relu",backend="onednn",le="2e-06"} 10
hillock_activation_seconds_bucket{activation="relu",backend="onednn",le="+Inf"} 10
hillock_activation_seconds_sum{activation="relu",backend="onednn"} 1e-05
hillock_activation_seconds_count{activation="relu",backend="onednn"} 10
# TYPE hillock_layer_seconds histogram
hillock_layer_seconds_bucket{activation="relu",path="fused",le="+Inf"} 3
hillock_layer_seconds_sum{activation="relu",path="fused"} 6e-05
hillock_layer_seconds_count{activation="relu",path="fused"} 3
hillock_layer_seconds_sum{activation="relu",path="split"} 4e-05
hillock_layer_seconds_count{activation="relu",path="split"} 1
# TYPE hillock_requests_total counter
hillock_requests_total{model="digits",version="1",code="OK"} 100
hillock_requests_total{model="digits",version="2",code="OK"} 20
hillock_requests_total{model="digits",version="2",code="INVALID_ARGUMENT"} 3
hillock_requests_total{model="idle",version="1",code="OK"} 0
# TYPE hillock_rows_total counter
hillock_rows_total{model="digits"} 360
hillock_rows_total{model="idle"} 0
# TYPE hillock_batch_rows histogram
hillock_batch_rows_sum{model="digits"} 360
hillock_batch_rows_count{model="digits"} 90
# TYPE hillock_request_seconds histogram
hillock_request_seconds_bucket{model="digits",stage="total",le="0.001"} 100
hillock_request_seconds_bucket{model="digits",stage="total",le="+Inf"} 100
)";

inline Stats Parsed(const std::string& text) {
  const auto metrics = ParseMetrics(text);
  EXPECT_THAT(metrics, testing::IsOk());
  return Summarize(*metrics);
}

}  // namespace hillock::client

#endif  // HILLOCK_TESTS_UNIT_CLIENT_METRICS_SAMPLE_STATS_H_
