#include "client/report/stats_report.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include "client/metrics/histogram.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kText[] = R"(
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

Stats Parsed(const std::string& text) {
  const auto metrics = ParseMetrics(text);
  EXPECT_THAT(metrics, IsOk());
  return Summarize(*metrics);
}

TEST(HistogramTest, InterpolatesWithinABucket) {
  const Histogram histogram{{{1, 10}, {2, 30}, {4, 40}, {INFINITY, 40}}, 60, 40};
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.5), 1.5);
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.25), 1);
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.125), 0.5);
  EXPECT_DOUBLE_EQ(histogram.Quantile(1), 4);
  EXPECT_DOUBLE_EQ(histogram.Mean(), 1.5);
}

TEST(HistogramTest, TheEndlessBucketGivesItsLowerBound) {
  const Histogram histogram{{{1, 1}, {INFINITY, 100}}, 0, 100};
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.99), 1);
}

TEST(HistogramTest, NothingObservedIsNan) {
  EXPECT_TRUE(std::isnan(Histogram().Quantile(0.5)));
  EXPECT_TRUE(std::isnan(Histogram().Mean()));
  const Histogram zeros{{{1, 0}, {INFINITY, 0}}, 0, 0};
  EXPECT_TRUE(std::isnan(zeros.Quantile(0.99)));
}

TEST(HistogramTest, SkipsEmptyBucketsAndBounds) {
  const Histogram histogram{{{1, 0}, {2, 0}, {4, 10}, {INFINITY, 10}}, 0, 10};
  EXPECT_DOUBLE_EQ(histogram.Quantile(0.5), 3);
  EXPECT_DOUBLE_EQ(histogram.Quantile(0), 2);
}

TEST(SummarizeTest, AddsUpPathsOfAnActivation) {
  const Stats stats = Parsed(kText);
  ASSERT_EQ(stats.activations.size(), 2u);
  const ActivationStats& relu = stats.activations[1];
  EXPECT_EQ(relu.activation, "relu");
  EXPECT_EQ(relu.backend, "onednn");
  EXPECT_EQ(relu.elements, 1'002'000);
  EXPECT_EQ(relu.passes.count, 10);
  EXPECT_DOUBLE_EQ(relu.NanosPerElement(), 5);
  EXPECT_DOUBLE_EQ(relu.ElementsPerSecond(), 2e8);
  EXPECT_DOUBLE_EQ(relu.passes.Mean(), 1e-6);
  EXPECT_DOUBLE_EQ(relu.passes.Quantile(0.5), 1e-6);
  EXPECT_DOUBLE_EQ(relu.layers.Mean(), 2.5e-5);
}

TEST(SummarizeTest, AnActivationThatWasNeverTimedHasNoTime) {
  const ActivationStats ncu = Parsed(kText).activations[0];
  EXPECT_EQ(ncu.activation, "ncu");
  EXPECT_TRUE(std::isnan(ncu.NanosPerElement()));
  EXPECT_TRUE(std::isnan(ncu.ElementsPerSecond()));
  EXPECT_TRUE(std::isnan(ncu.layers.Mean()));
}

TEST(SummarizeTest, AddsUpVersionsOfAModel) {
  const Stats stats = Parsed(kText);
  ASSERT_EQ(stats.models.size(), 1u);
  const ModelStats& digits = stats.models[0];
  EXPECT_EQ(digits.requests.at("OK"), 120);
  EXPECT_EQ(digits.requests.at("INVALID_ARGUMENT"), 3);
  EXPECT_EQ(digits.rows, 360);
  EXPECT_EQ(digits.batch_rows.Mean(), 4);
  EXPECT_DOUBLE_EQ(digits.stages.at("total").Quantile(0.5), 5e-4);
}

TEST(StatsTablesTest, PrintsBothTables) {
  const std::string text = StatsTables(Parsed(kText));
  EXPECT_THAT(text, HasSubstr("relu        onednn         1 M            10  1 us  1 us  1.98 us"));
  EXPECT_THAT(text, HasSubstr("ncu         fallback        50             0     -     -        -"));
  EXPECT_THAT(text, HasSubstr("digits  3 INVALID_ARGUMENT, 120 OK   360"));
  EXPECT_THAT(text, Not(HasSubstr("tanh")));
  EXPECT_THAT(text, Not(HasSubstr("idle")));
}

TEST(StatsTablesTest, SaysWhenNothingHasHappened) {
  EXPECT_EQ(StatsTables(Parsed("")), "no activation has run\n\nno model was asked\n");
}

TEST(StatsJsonTest, GivesSecondsAndNulls) {
  const auto json = StatsJson(Parsed(kText));
  EXPECT_EQ(json["activations"][1]["ns_per_element"], 5.0);
  EXPECT_EQ(json["models"][0]["requests"]["OK"], 120);
  EXPECT_EQ(nlohmann::json::parse(json.dump())["activations"][0]["ns_per_element"], nullptr);
}

}  // namespace
}  // namespace hillock::client
