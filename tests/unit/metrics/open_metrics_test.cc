// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/open_metrics.h"

#include <gtest/gtest.h>

#include "server/metrics/exposition.h"

namespace hillock::metrics {
namespace {

constexpr Family kVisits{"visits_total", Kind::kCounter, "Who came \"in\"\nor not"};
constexpr Family kDoors{"doors", Kind::kGauge, "How many"};
constexpr Family kGroups{"groups", Kind::kHistogram, "Of visitors"};

TEST(OpenMetricsTest, HaveTheFormOfTheirSpecification) {
  Exposition exposition;
  exposition.Number(kVisits, {{"house", "a\\b\"c\n"}, {"door", "front"}}, 12345678);
  exposition.Number(kDoors, {}, 0.25);
  RowHistogram groups;
  groups.Observe(3);
  exposition.Distribution(kGroups, {{"house", "x"}}, groups);
  const std::string text = ToOpenMetrics(exposition.Take());
  EXPECT_TRUE(
      text.starts_with("# TYPE visits counter\n"
                       "# HELP visits Who came \\\"in\\\"\\nor not\n"
                       "visits_total{house=\"a\\\\b\\\"c\\n\",door=\"front\"} "
                       "12345678\n"
                       "# TYPE doors gauge\n"
                       "# HELP doors How many\n"
                       "doors 0.25\n"
                       "# TYPE groups histogram\n"
                       "# HELP groups Of visitors\n"
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

TEST(OpenMetricsTest, HaveNoCounterOfAnotherName) {
  constexpr Family kCount{"nv_inference_count", Kind::kCounter, "Rows computed"};
  Exposition exposition;
  exposition.Number(kCount, {{"model", "cat"}}, 7);
  EXPECT_EQ(ToOpenMetrics(exposition.Take()),
            "# TYPE nv_inference_count unknown\n"
            "# HELP nv_inference_count Rows computed\n"
            "nv_inference_count{model=\"cat\"} 7\n"
            "# EOF\n");
}

}  // namespace
}  // namespace hillock::metrics
