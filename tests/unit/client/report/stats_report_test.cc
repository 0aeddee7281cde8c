// SPDX-License-Identifier: Apache-2.0
#include "client/report/stats_report.h"

#include <gmock/gmock.h>

#include "tests/unit/client/metrics/sample_stats.h"

namespace hillock::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StatsTablesTest, PrintsBothTables) {
  const std::string text = StatsTables(Parsed(kSampleMetrics));
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
  const auto json = StatsJson(Parsed(kSampleMetrics));
  EXPECT_EQ(json["activations"][1]["ns_per_element"], 5.0);
  EXPECT_DOUBLE_EQ(json["activations"][1]["layer_seconds"]["mean"], 2.5e-5);
  EXPECT_EQ(json["models"][0]["requests"]["OK"], 120);
  EXPECT_EQ(nlohmann::json::parse(json.dump())["activations"][0]["ns_per_element"], nullptr);
}

}  // namespace
}  // namespace hillock::client
