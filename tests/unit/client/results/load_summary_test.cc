// SPDX-License-Identifier: Apache-2.0
#include "client/results/load_summary.h"

#include <gmock/gmock.h>

#include <cmath>

#include "client/results/load_csv.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client/results/sample_loads.h"

namespace hillock::client {
namespace {

using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

TEST(LoadSummaryTest, ReadsWhatIsWritten) {
  const LoadSummary summary = SummaryOf(SampleReport(), "a.json");
  EXPECT_EQ(summary.model, "<digits>");
  EXPECT_THAT(summary.facts, AllOf(Contains(Pair("command", "hillock load digits")),
                                   Contains(Pair("rows a request", "2"))));
  ASSERT_THAT(summary.runs, SizeIs(2));
  const RunSummary& run = summary.runs[1];
  EXPECT_EQ(run.name, "4 outstanding");
  EXPECT_EQ(run.requests, 2001);
  EXPECT_EQ(run.requests_per_second, 200);
  EXPECT_EQ(run.rows_per_second, 400);
  EXPECT_EQ(run.failed(), 1);
  EXPECT_THAT(run.Latency("p50"), DoubleNear(1e-3, 1e-5));
  EXPECT_TRUE(std::isnan(run.Latency("p12")));
  EXPECT_EQ(run.timeline.requests_per_second.size(), run.timeline.p99.size());
  EXPECT_THAT(run.server, SizeIs(2));
  ASSERT_THAT(run.activations, SizeIs(2));
  EXPECT_EQ(run.activations[0].name, "relu (onednn)") << "the longest first";
  EXPECT_NEAR(run.activations[0].seconds, 3e-3, 1e-9);
}

TEST(LoadSummaryTest, NothingMeasuredIsNoNumber) {
  LoadReport report = SampleReport();
  report.runs = {LoadRun()};
  const LoadSummary summary = SummaryOf(report);
  EXPECT_TRUE(std::isnan(summary.runs[0].Latency("p99")));
}

TEST(LoadSummaryTest, SaysWhatIsNoReport) {
  for (const char* const text :
       {"", "[", "[]", "{}", R"({"model": 3, "runs": []})", R"({"model": "m", "runs": [{}]})",
        R"({"model": "m", "runs": [{"outstanding": "x"}]})"}) {
    EXPECT_THAT(ParseLoadReport(text, "a.json"),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("a.json: got"), HasSubstr("hillock load --json"))))
        << text;
  }
}

TEST(LoadCsvTest, HasALineForEachRun) {
  LoadReport report = SampleReport();
  report.model = "a \"b\", c";
  report.runs.push_back(LoadRun());
  const std::string csv = LoadCsv(SummaryOf(report));
  EXPECT_THAT(csv, HasSubstr("model,outstanding,rate,seconds,requests,failures,requests_per_second,"
                             "rows_per_second,p50_seconds,"));
  EXPECT_THAT(csv, HasSubstr("\n\"a \"\"b\"\", c\",1,,10,1000,0,100,200,"));
  EXPECT_THAT(csv, HasSubstr(",0,,10,0,0,0,0,,,,,,,\n")) << "nothing measured is empty";
}

}  // namespace
}  // namespace hillock::client
