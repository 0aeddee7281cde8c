// SPDX-License-Identifier: Apache-2.0

// The charts of the page about a load. Pure.

#ifndef HILLOCK_CLIENT_RESULTS_RUN_CHARTS_H_
#define HILLOCK_CLIENT_RESULTS_RUN_CHARTS_H_

#include <span>
#include <string>

#include "client/results/chart.h"
#include "client/results/load_summary.h"

namespace hillock::client {

// Latencies over the requests/s of the runs of each load.
Chart ThroughputChart(std::span<const LoadSummary* const> loads);

// Of one run.
Chart DistributionChart(const RunSummary& run);
Chart PercentileChart(const RunSummary& run);
Chart LatencyTimeChart(const RunSummary& run);
Chart RateTimeChart(const RunSummary& run);
Chart ServerTimeChart(const RunSummary& run);

// Bars of the activations' shares of the time of all activations.
std::string ActivationBars(const RunSummary& run);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_RESULTS_RUN_CHARTS_H_
