// SPDX-License-Identifier: Apache-2.0

// Reports of loads that never were.

#ifndef HILLOCK_TESTS_UNIT_CLIENT_RESULTS_SAMPLE_LOADS_H_
#define HILLOCK_TESTS_UNIT_CLIENT_RESULTS_SAMPLE_LOADS_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/report/load_report.h"
#include "client/results/load_json.h"
#include "client/results/load_summary.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {

inline constexpr Nanos kSecond = 1'000'000'000;
inline constexpr Nanos kMillisecond = 1'000'000;

// A run with `rates[i]` answers in second i, evenly spaced, each after 1 ms in even and 2 ms in odd
// seconds.
inline LoadRun SampleRun(size_t outstanding, const std::vector<int>& rates) {
  LoadRun run;
  run.outstanding = outstanding;
  for (size_t second = 0; second < rates.size(); ++second) {
    const Nanos latency = second % 2 == 0 ? kMillisecond : 2 * kMillisecond;
    for (int i = 0; i < rates[second]; ++i) {
      run.tally.Record(absl::StatusCode::kOk, latency, true, "");
      const Nanos at = static_cast<Nanos>(second) * kSecond + i * kSecond / rates[second];
      run.tally.RecordMoment(at, absl::StatusCode::kOk, latency);
    }
  }
  run.tally.RecordElapsed(static_cast<Nanos>(rates.size()) * kSecond);
  return run;
}

// 100 answers a second with 1 outstanding, 200 with 4; failures and the server's part in the
// second.
inline LoadReport SampleReport() {
  LoadReport report;
  report.model = "<digits>";
  report.rows = 2;
  report.connections = 4;
  report.threads = 1;
  report.seconds = 10;
  report.origin = {"hillock load digits", "a machine", "2026-11-30", "isa avx2"};
  report.runs.push_back(SampleRun(1, std::vector<int>(10, 100)));
  report.runs.push_back(SampleRun(4, std::vector<int>(10, 200)));
  LoadRun& run = report.runs.back();
  run.tally.Record(absl::StatusCode::kUnavailable, 5, true, "gone");
  run.tally.RecordMoment(0, absl::StatusCode::kUnavailable, 5);
  run.server_line = {{1, 200, 1e-4, 2e-4, 3e-4, 4e-4}, {2, 201, 1e-4, 2e-4, 3e-4, 4e-4}};
  run.server.emplace();
  ActivationStats relu{"relu", "onednn", 3000, 1000, {}, {}};
  relu.passes.sum = 1e-3;
  ActivationStats tanh{"tanh", "onednn", 1000, 1000, {}, {}};
  tanh.passes.sum = 1e-3;
  run.server->activations = {tanh, relu};
  return report;
}

inline LoadSummary SummaryOf(const LoadReport& report, const std::string& source = "") {
  const auto summary = ParseLoadReport(LoadJson(report).dump(), source);
  EXPECT_THAT(summary, testing::IsOk());
  return summary.value_or(LoadSummary());
}

}  // namespace hillock::client

#endif  // HILLOCK_TESTS_UNIT_CLIENT_RESULTS_SAMPLE_LOADS_H_
