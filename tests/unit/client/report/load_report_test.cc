// SPDX-License-Identifier: Apache-2.0
#include "client/report/load_report.h"

#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;

// 100 answers, after 1 ns, 2 ns, and so on, the last of them after the end.
LoadTally Hundred() {
  LoadTally tally;
  for (Nanos i = 1; i <= 100; ++i) tally.Record(kOk, i, i < 100, "");
  return tally;
}

LoadReport Closed() {
  LoadReport report;
  report.model = "digits";
  report.rows = 2;
  report.connections = 4;
  report.threads = 1;
  report.seconds = 2;
  report.warm_up_seconds = 0.5;
  report.runs.push_back({1, Hundred(), std::nullopt});
  report.runs.push_back({16, Hundred(), std::nullopt});
  return report;
}

LoadReport Open() {
  LoadReport report = Closed();
  report.open = OpenLoad{50, Arrivals::kPoisson};
  report.deadline_seconds = 0.25;
  report.runs.pop_back();
  LoadTally& tally = report.runs[0].tally;
  tally.Record(kExhausted, 50, true, "queue \x1b full");
  tally.RecordSchedule(3, 4, 1'500'000);
  return report;
}

TEST(LoadTextTest, GivesARunALine) {
  EXPECT_EQ("\n" + LoadText(Closed()), R"(
digits: 2 rows a request, 4 connections, 1 thread, 2 s after 0.5 s of warm-up

outstanding  code  requests  requests/s  rows/s    p50    p90    p99   p99.9  p99.99     max     mean
          1  OK         100          50      99  50 ns  90 ns  99 ns  100 ns  100 ns  100 ns  50.5 ns
         16  OK         100          50      99  50 ns  90 ns  99 ns  100 ns  100 ns  100 ns  50.5 ns
)");
}

TEST(LoadTextTest, GivesAnOpenLoopItsFailuresAndLateSends) {
  EXPECT_EQ("\n" + LoadText(Open()), R"(
digits: 2 rows a request, 4 connections, 1 thread, 2 s after 0.5 s of warm-up, deadline 250 ms
open loop: 50 requests/s, poisson arrivals

outstanding  code                requests  requests/s  rows/s    p50    p90    p99   p99.9  p99.99     max     mean
          1  OK                       100          50      99  50 ns  90 ns  99 ns  100 ns  100 ns  100 ns  50.5 ns
          1  RESOURCE_EXHAUSTED         1           1       0  50 ns  50 ns  50 ns   50 ns   50 ns   50 ns    50 ns
sent late (over 1 ms): 3; the latest 1.5 ms behind; never sent: 4
RESOURCE_EXHAUSTED: queue \x1b full
)");
}

LoadReport Interrupted() {
  LoadReport report = Closed();
  report.runs.back().interrupted = true;
  report.runs.back().tally.RecordElapsed(1'000'000'000);
  report.runs.back().tally.RecordRetry();
  return report;
}

TEST(LoadTextTest, TellsWhatWasInterruptedAndSentAgain) {
  EXPECT_EQ("\n" + LoadText(Interrupted()), R"(
digits: 2 rows a request, 4 connections, 1 thread, 2 s after 0.5 s of warm-up

outstanding  code  requests  requests/s  rows/s    p50    p90    p99   p99.9  p99.99     max     mean
          1  OK         100          50      99  50 ns  90 ns  99 ns  100 ns  100 ns  100 ns  50.5 ns
         16  OK         100          99     198  50 ns  90 ns  99 ns  100 ns  100 ns  100 ns  50.5 ns
sent again, as the server had not looked at them: 1
interrupted after 1 s of 2 s with 16 outstanding
)");
}

TEST(LoadTextTest, AddsWhatTheServerSays) {
  LoadReport report = Closed();
  report.runs[1].server = Stats{{{"relu", "onednn", 640, 0, {}, {}}}, {}};
  EXPECT_THAT(LoadText(report), HasSubstr("\nthe server's metrics, 16 outstanding:\n\nactivation"));
  EXPECT_THAT(LoadText(report), HasSubstr("relu        onednn        640"));
  EXPECT_THAT(LoadText(report), Not(HasSubstr("metrics, 1 outstanding")));
}

TEST(LoadJsonTest, GivesEveryCodeOfEveryRun) {
  EXPECT_EQ(LoadJson(Open()), nlohmann::ordered_json::parse(R"({
    "model": "digits", "rows_per_request": 2, "connections": 4, "threads": 1,
    "rate": 50.0, "arrivals": "poisson", "deadline_seconds": 0.25,
    "seconds": 2.0, "warm_up_seconds": 0.5,
    "runs": [{
      "outstanding": 1, "requests": 101,
      "late_sends": 3, "latest_send_seconds": 0.0015, "never_sent": 4,
      "codes": {
        "OK": {
          "requests": 100, "requests_per_second": 49.5, "rows_per_second": 99.0,
          "latency_seconds": {"p50": 5e-08, "p90": 9e-08, "p99": 9.9e-08,
                              "p99.9": 1e-07, "p99.99": 1e-07, "max": 1e-07, "mean": 5.05e-08}
        },
        "RESOURCE_EXHAUSTED": {
          "requests": 1, "requests_per_second": 0.5, "rows_per_second": 0.0,
          "latency_seconds": {"p50": 5e-08, "p90": 5e-08, "p99": 5e-08, "p99.9": 5e-08,
                              "p99.99": 5e-08, "max": 5e-08, "mean": 5e-08},
          "message": "queue \u001b full"
        }
      }
    }]
  })"));
}

TEST(LoadJsonTest, SaysOfAClosedLoopOnlyWhatItHas) {
  const nlohmann::ordered_json json = LoadJson(Closed());
  EXPECT_EQ(json["runs"].size(), 2u);
  for (const char* name : {"rate", "arrivals", "deadline_seconds"}) {
    EXPECT_FALSE(json.contains(name)) << name;
  }
  EXPECT_FALSE(json["runs"][0].contains("late_sends"));
  EXPECT_FALSE(json["runs"][0].contains("server"));
}

TEST(LoadJsonTest, TellsWhatWasInterruptedAndSentAgain) {
  const nlohmann::ordered_json runs = LoadJson(Interrupted())["runs"];
  EXPECT_EQ(runs[1]["interrupted_after_seconds"], 1.0);
  EXPECT_EQ(runs[1]["sent_again"], 1);
  EXPECT_EQ(runs[1]["codes"]["OK"]["requests_per_second"], 99.0);
  EXPECT_FALSE(runs[0].contains("interrupted_after_seconds"));
  EXPECT_FALSE(runs[0].contains("sent_again"));
}

TEST(ProgressTextTest, TellsTimeAndRate) {
  EXPECT_EQ(ProgressText({std::chrono::milliseconds(2500), 25'000}, 10),
            "2.5 of 10 s  10,000 requests/s");
}

TEST(CheckSucceededTest, IsContentWithOneSuccessARun) {
  EXPECT_THAT(CheckSucceeded(Open()), IsOk());
}

TEST(CheckSucceededTest, SaysWhyARunHadNone) {
  LoadReport report = Closed();
  report.runs[1].tally = LoadTally();
  EXPECT_THAT(CheckSucceeded(report),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("no request succeeded with 16 outstanding: none was sent")));
  report.runs[1].tally.Record(kExhausted, 1, true, "queue full");
  EXPECT_THAT(CheckSucceeded(report),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("outstanding: 1 RESOURCE_EXHAUSTED (queue full)")));
}

}  // namespace
}  // namespace hillock::client
