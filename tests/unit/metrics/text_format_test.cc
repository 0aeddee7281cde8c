// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/text_format.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "server/metrics/exposition.h"

namespace hillock::metrics {
namespace {

constexpr Family kVisits{"visits_total", Kind::kCounter, "Who came \"in\"\nor not"};
constexpr Family kDoors{"doors", Kind::kGauge, "How many"};
constexpr Family kGroups{"groups", Kind::kHistogram, "Of visitors"};

TEST(TextFormatTest, WritesOpenMetrics) {
  Exposition exposition;
  exposition.Number(kVisits, {{"house", "a\\b\"c\n"}, {"door", "front"}}, 12345678);
  exposition.Number(kDoors, {}, 0.25);
  RowHistogram groups;
  groups.Observe(3);
  exposition.Distribution(kGroups, {{"house", "x"}}, groups);
  const std::string text = ToText(TextFormat::kOpenMetrics, exposition.Take());
  EXPECT_TRUE(
      text.starts_with("# HELP visits Who came \\\"in\\\"\\nor not\n"
                       "# TYPE visits counter\n"
                       "visits_total{house=\"a\\\\b\\\"c\\n\",door=\"front\"} "
                       "12345678\n"
                       "# HELP doors How many\n"
                       "# TYPE doors gauge\n"
                       "doors 0.25\n"
                       "# HELP groups Of visitors\n"
                       "# TYPE groups histogram\n"
                       "groups_bucket{house=\"x\",le=\"1.0\"} 0\n"
                       "groups_bucket{house=\"x\",le=\"2.0\"} 0\n"
                       "groups_bucket{house=\"x\",le=\"4.0\"} 1\n"))
      << text;
  EXPECT_TRUE(
      text.ends_with("groups_bucket{house=\"x\",le=\"+Inf\"} 1\n"
                     "groups_sum{house=\"x\"} 3\n"
                     "groups_count{house=\"x\"} 1\n"
                     "# EOF\n"))
      << text;
}

TEST(TextFormatTest, WritesPrometheusFormat) {
  Exposition exposition;
  exposition.Number(kVisits, {{"house", "a\\b\"c\n"}}, 1e300);
  exposition.Number(kDoors, {}, -2);
  RowHistogram groups;
  groups.Observe(3);
  exposition.Distribution(kGroups, {}, groups);
  const std::string text = ToText(TextFormat::kPrometheus, exposition.Take());
  EXPECT_TRUE(
      text.starts_with("# HELP visits_total Who came \"in\"\\nor not\n"
                       "# TYPE visits_total counter\n"
                       "visits_total{house=\"a\\\\b\\\"c\\n\"} 1e+300\n"
                       "# HELP doors How many\n"
                       "# TYPE doors gauge\n"
                       "doors -2\n"
                       "# HELP groups Of visitors\n"
                       "# TYPE groups histogram\n"
                       "groups_bucket{le=\"1\"} 0\n"
                       "groups_bucket{le=\"2\"} 0\n"
                       "groups_bucket{le=\"4\"} 1\n"))
      << text;
  EXPECT_TRUE(
      text.ends_with("groups_bucket{le=\"+Inf\"} 1\n"
                     "groups_sum 3\n"
                     "groups_count 1\n"))
      << text;
}

TEST(TextFormatTest, WritesNumbersThatReadBack) {
  for (const double value : {0.0, 0.1, 1.0 / 3, 1e15, 1e15 + 2, 123456789.0, 5e-324, -0.5}) {
    Exposition exposition;
    exposition.Number(kDoors, {}, value);
    const std::string text = ToText(TextFormat::kPrometheus, exposition.Take());
    EXPECT_EQ(std::strtod(text.c_str() + text.rfind(' '), nullptr), value) << text;
  }
}

TEST(TextFormatTest, WritesExemplarsOfTheTotalTime) {
  Exposition exposition;
  TimeHistogram times;
  times.Observe(1400);
  times.Observe(100'000'000'000);
  for (const std::string stage : {"queue", "total"}) {
    exposition.Distribution(kRequestSeconds, {{"model", "cat"}, {"stage", stage}}, times);
  }
  exposition.Distribution(kRequestSeconds, {{"model", "dog"}, {"stage", "total"}}, times);
  const BucketExemplars exemplars = {{1, {"request_id", "say \"a\"", 1.4e-6, 1764590000.5}},
                                     {TimeScale::kBounds, {"trace_id", "0af7", 100, 1764590001}}};
  const std::string text =
      ToText(TextFormat::kOpenMetrics, exposition.Take(), {{"cat", exemplars}});
  const std::string bucket = "hillock_request_seconds_bucket{model=\"cat\",stage=\"total\",le=\"";
  EXPECT_NE(
      text.find(bucket + "1.5e-06\"} 1 # {request_id=\"say \\\"a\\\"\"} 1.4e-06 1764590000.500\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find(bucket + "+Inf\"} 2 # {trace_id=\"0af7\"} 100 1764590001.000\n"),
            std::string::npos)
      << text;
  size_t exemplars_there = 0;
  for (size_t at = 0; (at = text.find(" # {", at)) != std::string::npos; ++at) ++exemplars_there;
  EXPECT_EQ(exemplars_there, 2);
}

TEST(TextFormatTest, HasNoCounterOfAnotherNameInOpenMetrics) {
  constexpr Family kCount{"nv_inference_count", Kind::kCounter, "Rows computed"};
  Exposition exposition;
  exposition.Number(kCount, {{"model", "cat"}}, 7);
  EXPECT_EQ(ToText(TextFormat::kOpenMetrics, exposition.Take()),
            "# HELP nv_inference_count Rows computed\n"
            "# TYPE nv_inference_count unknown\n"
            "nv_inference_count{model=\"cat\"} 7\n"
            "# EOF\n");
}

}  // namespace
}  // namespace hillock::metrics
