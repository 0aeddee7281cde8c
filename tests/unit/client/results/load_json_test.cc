// SPDX-License-Identifier: Apache-2.0
#include "client/results/load_json.h"

#include <gtest/gtest.h>

#include "tests/unit/client/results/sample_loads.h"

namespace hillock::client {
namespace {

using nlohmann::ordered_json;

LoadReport Open() {
  LoadReport report;
  report.model = "digits";
  report.rows = 2;
  report.connections = 4;
  report.threads = 1;
  report.seconds = 2;
  report.warm_up_seconds = 0.5;
  report.open = OpenLoad{50, Arrivals::kPoisson};
  report.deadline_seconds = 0.25;
  LoadRun& run = report.runs.emplace_back();
  run.outstanding = 1;
  run.rate = 50;
  for (Nanos i = 1; i <= 100; ++i) run.tally.Record(absl::StatusCode::kOk, i, i < 100, "");
  run.tally.Record(absl::StatusCode::kResourceExhausted, 50, true, "queue \x1b full");
  run.tally.RecordSchedule(3, 4, 1'500'000);
  return report;
}

TEST(LoadJsonTest, GivesEveryCodeOfEveryRun) {
  ordered_json json = LoadJson(Open());
  json["runs"][0].erase("distribution");
  EXPECT_EQ(json, ordered_json::parse(R"({
    "model": "digits", "rows_per_request": 2, "connections": 4, "threads": 1,
    "rate": 50.0, "arrivals": "poisson", "deadline_seconds": 0.25,
    "seconds": 2.0, "warm_up_seconds": 0.5,
    "runs": [{
      "outstanding": 1, "requests": 101, "seconds": 2.0, "rate": 50.0,
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
      },
      "timeline": {"interval_seconds": 0.1, "requests_per_second": [], "failures_per_second": [],
                   "p50": [], "p99": []}
    }]
  })"));
}

TEST(LoadJsonTest, GivesTheDistributionOfAnswers) {
  double count = 0;
  const ordered_json json = LoadJson(Open());
  for (const auto& bar : json["runs"][0]["distribution"]) {
    EXPECT_LE(bar[0], bar[1]);
    count += bar[2].get<double>();
  }
  EXPECT_EQ(count, 100);
}

TEST(LoadJsonTest, SaysOfAClosedLoopOnlyWhatItHas) {
  const ordered_json json = LoadJson(SampleReport());
  for (const char* name : {"rate", "arrivals", "deadline_seconds", "search"}) {
    EXPECT_FALSE(json.contains(name)) << name;
  }
  for (const char* name : {"rate", "late_sends", "server", "sent_again", "windows",
                           "interrupted_after_seconds", "server_timeline"}) {
    EXPECT_FALSE(json["runs"][0].contains(name)) << name;
  }
}

TEST(LoadJsonTest, TellsWhatWasInterruptedAndSentAgain) {
  LoadReport report = Open();
  LoadRun& run = report.runs[0];
  run.interrupted = true;
  run.tally.RecordElapsed(kSecond);
  run.tally.RecordRetry();
  const ordered_json json = LoadJson(report)["runs"][0];
  EXPECT_EQ(json["interrupted_after_seconds"], 1.0);
  EXPECT_EQ(json["sent_again"], 1);
  EXPECT_EQ(json["codes"]["OK"]["requests_per_second"], 99.0);
}

TEST(LoadJsonTest, LeavesOutAnIntervalThatHadHardlyBegun) {
  LoadReport report = Open();
  LoadTally& tally = report.runs[0].tally;
  tally.RecordElapsed(kSecond / 5 + kSecond / 50);
  for (const Nanos at : {0, 150, 210}) {
    tally.RecordMoment(at * kMillisecond, absl::StatusCode::kOk, kMillisecond);
  }
  EXPECT_EQ(LoadJson(report)["runs"][0]["timeline"]["requests_per_second"],
            ordered_json({10.0, 10.0}));
}

}  // namespace
}  // namespace hillock::client
