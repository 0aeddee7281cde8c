// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/metrics_text.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Metrics Parse(std::string_view text) {
  auto metrics = ParseMetrics(text);
  EXPECT_THAT(metrics, IsOk()) << text;
  return *std::move(metrics);
}

double Only(const Metrics& metrics, std::string_view name) {
  const auto samples = FindSamples(metrics, name, name);
  EXPECT_EQ(samples.size(), 1u) << name;
  return samples.empty() ? NAN : samples[0]->value;
}

TEST(ParseMetricsTest, ReadsFamiliesWithTypeAndHelp) {
  const Metrics metrics = Parse(
      "# HELP rows_total Rows answered, all of them.\n"
      "# TYPE rows_total counter\n"
      "rows_total{model=\"a\"} 3\n"
      "rows_total{model=\"b\"} 4 1700000000\n");
  const MetricFamily& family = metrics.at("rows_total");
  EXPECT_EQ(family.type, "counter");
  EXPECT_EQ(family.help, "Rows answered, all of them.");
  ASSERT_EQ(family.samples.size(), 2u);
  EXPECT_EQ(LabelOf(family.samples[1], "model"), "b");
  EXPECT_EQ(LabelOf(family.samples[1], "none"), "");
  EXPECT_EQ(family.samples[1].value, 4);
}

TEST(ParseMetricsTest, KeepsAHistogramTogether) {
  const Metrics metrics = Parse(
      "# TYPE t_seconds histogram\n"
      "t_seconds_bucket{le=\"0.1\"} 1\nt_seconds_bucket{le=\"+Inf\"} 2\n"
      "t_seconds_sum 0.5\nt_seconds_count 2\n"
      "lone_count 9\n");
  EXPECT_EQ(metrics.at("t_seconds").samples.size(), 4u);
  EXPECT_EQ(FindSamples(metrics, "t_seconds", "t_seconds_bucket").size(), 2u);
  EXPECT_EQ(metrics.at("lone_count").type, "untyped");
  EXPECT_TRUE(FindSamples(metrics, "unknown", "unknown").empty());
}

TEST(ParseMetricsTest, ReadsEveryFormOfALine) {
  const std::pair<const char*, double> cases[] = {{"m 1", 1},
                                                  {"m{} 1", 1},
                                                  {"m{a=\"b\",} 1", 1},
                                                  {"m { a = \"b\" } 1", 1},
                                                  {"  m\t1.5e3  ", 1500},
                                                  {"m +Inf", INFINITY},
                                                  {"m -1 -5\r\n", -1},
                                                  {"m 1", 1},
                                                  {"# a comment\n\nm 1", 1},
                                                  {"# TYPE\nm 1", 1},
                                                  {"#TYPE m gauge\nm 1", 1}};
  for (const auto& [text, value] : cases) EXPECT_EQ(Only(Parse(text), "m"), value) << text;
  EXPECT_TRUE(std::isnan(Only(Parse("m NaN"), "m")));
  EXPECT_TRUE(Parse("").empty());
}

TEST(ParseMetricsTest, UnescapesLabelValues) {
  const Metrics metrics = Parse(R"(m{a="x\"y\\z\nw",b="}, {="} 1)");
  const Sample& sample = metrics.at("m").samples[0];
  EXPECT_EQ(LabelOf(sample, "a"), "x\"y\\z\nw");
  EXPECT_EQ(LabelOf(sample, "b"), "}, {=");
}

TEST(ParseMetricsTest, NamesTheLineItCannotRead) {
  const std::pair<const char*, const char*> cases[] = {
      {"m 1\nm\n", "line 2: got the end, want a value"},
      {"m x", "line 1: got 'x', want a value"},
      {"m 1 x", "got 'x', want a time stamp"},
      {"m 1 2 3", "want the end of the line"},
      {"{a=\"b\"} 1", "want a name"},
      {"m{a} 1", "want ="},
      {"m{a=b} 1", "want a quoted label value"},
      {"m{a=\"b} 1", "want a closing quote"},
      {"m{a=\"b\\", "want a closing quote"},
      {"m{a=\"b\" c=\"d\"} 1", "want , or }"},
      {"m{a=\"b\"", "got the end, want , or }"},
      {"m{a=\"b\",a=\"c\"} 1", "got 'a', want each label once"},
      {"<html>", "got '<html>', want a name"},
      {"\x01\x02", "got '\\x01\\x02', want a name"}};
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(ParseMetrics(text), StatusIs(kInvalid, HasSubstr(message))) << text;
  }
}

constexpr char kEarlier[] =
    "# TYPE c_total counter\nc_total{a=\"1\"} 10\n"
    "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 3\n"
    "# TYPE g gauge\ng 5\n";

TEST(SinceTest, SubtractsWhatAccumulates) {
  const Metrics difference = Since(
      Parse(kEarlier),
      Parse(
          "# TYPE c_total counter\nc_total{a=\"1\"} 12\nc_total{a=\"2\"} 7\n"
          "# TYPE h histogram\nh_bucket{le=\"1\"} 4\nh_bucket{le=\"+Inf\"} 9\nh_sum 10\nh_count 9\n"
          "# TYPE g gauge\ng 1\n"));
  EXPECT_EQ(difference.at("c_total").samples[0].value, 2);
  EXPECT_EQ(difference.at("c_total").samples[1].value, 7);
  EXPECT_EQ(difference.at("h").samples[1].value, 6);
  EXPECT_EQ(difference.at("g").samples[0].value, 1);
}

TEST(SinceTest, ARestartedServerCountsFromZero) {
  const Metrics difference =
      Since(Parse(kEarlier), Parse("# TYPE c_total counter\nc_total{a=\"1\"} 9\n"
                                   "# TYPE h histogram\nh_count 30\n"));
  EXPECT_EQ(difference.at("c_total").samples[0].value, 9);
  EXPECT_EQ(difference.at("h").samples[0].value, 30);
}

}  // namespace
}  // namespace hillock::client
