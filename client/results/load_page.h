// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_RESULTS_LOAD_PAGE_H_
#define HILLOCK_CLIENT_RESULTS_LOAD_PAGE_H_

#include <span>
#include <string>

#include "client/results/compare.h"
#include "client/results/load_summary.h"

namespace hillock::client {

// A page of HTML about a load, less than 150 KB: a table of its runs, throughput against latency,
// then for each of the last four runs the distribution of latencies, percentiles, time lines of
// client and server, and the activations' shares; at last how it was measured. It asks for nothing
// elsewhere, has no script, and follows the reader's choice of light or dark. Pure.
std::string LoadPage(const LoadSummary& summary);

// The same of two loads, `changes` first, and both in every chart of all runs.
std::string ComparePage(const LoadSummary& before, const LoadSummary& after,
                        std::span<const Change> changes);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_RESULTS_LOAD_PAGE_H_
