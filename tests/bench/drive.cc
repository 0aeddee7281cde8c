// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/drive.h"

#include <algorithm>
#include <chrono>

namespace hillock::bench {
namespace {

constexpr double kWarmUpSeconds = 0.3;

std::chrono::nanoseconds FromSeconds(double seconds) {
  return std::chrono::nanoseconds(static_cast<int64_t>(1e9 * seconds));
}

}  // namespace

Measured Drive(const client::LoadPlan& plan, double seconds, const Process* server) {
  const auto generator = client::LoadGenerator::Connect(plan);
  if (!generator.ok()) return {};
  (*generator)->Run(FromSeconds(kWarmUpSeconds));
  const double cpu_before = server == nullptr ? 0 : server->CpuSeconds();
  const client::LoadTally tally = (*generator)->Run(FromSeconds(seconds));
  Measured measured;
  if (server != nullptr && tally.count() > 0) {
    measured.server_cpu_us =
        1e6 * (server->CpuSeconds() - cpu_before) / static_cast<double>(tally.count());
  }
  client::LatencyHistogram failures;
  for (const auto& [code, outcome] : tally.outcomes()) {
    if (code != absl::StatusCode::kOk) {
      failures.Merge(outcome.latencies);
      continue;
    }
    measured.requests_per_second = static_cast<double>(outcome.in_time) / seconds;
    measured.p50_us = outcome.latencies.QuantileSeconds(0.5) * 1e6;
    measured.p99_us = outcome.latencies.QuantileSeconds(0.99) * 1e6;
  }
  measured.failures = failures.count();
  if (failures.count() > 0) measured.failure_p50_us = failures.QuantileSeconds(0.5) * 1e6;
  return measured;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace hillock::bench
