// SPDX-License-Identifier: Apache-2.0
#include "client/report/load_report.h"

#include <gmock/gmock.h>

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

TEST(LoadTextTest, NamesRatesAndWhatASearchFound) {
  LoadReport report = Closed();
  report.open = OpenLoad{100, Arrivals::kConstant};
  report.runs[0].rate = 100;
  report.runs[1].rate = 2000;
  report.search = SearchResult{0.005, 2000};
  const std::string text = LoadText(report);
  EXPECT_THAT(text, HasSubstr("open loop: 100 to 2,000 requests/s, constant arrivals\n"));
  EXPECT_THAT(text, HasSubstr(" rate  code"));
  EXPECT_THAT(text, HasSubstr("2,000  OK"));
  EXPECT_THAT(text, HasSubstr("highest rate that keeps p99 within 5 ms: 2,000 requests/s\n"));
  report.search->found = 0;
  EXPECT_THAT(LoadText(report), HasSubstr("no rate was found that keeps p99 within 5 ms\n"));
}

TEST(LoadTextTest, TellsWhetherARunIsStable) {
  LoadReport report = Closed();
  report.runs[0].windows.resize(4);
  report.runs[0].stable = true;
  report.runs[1].windows.resize(10);
  EXPECT_THAT(LoadText(report), HasSubstr("\nstable after 4 windows, 1 outstanding\n"
                                          "not stable after 10 windows, 16 outstanding\n"));
}

TEST(LoadTextTest, CountsRequestsWhereTheyAreTheLimit) {
  LoadReport report = Closed();
  report.max_requests = 5000;
  EXPECT_THAT(LoadText(report), HasSubstr("1 thread, 5,000 requests after 0.5 s of warm-up"));
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
