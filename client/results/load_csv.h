// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_RESULTS_LOAD_CSV_H_
#define HILLOCK_CLIENT_RESULTS_LOAD_CSV_H_

#include <string>

#include "client/results/load_summary.h"

namespace hillock::client {

// A header and a line for each run: what was sent, rates, failures and latencies in seconds. What
// was not measured is empty. Pure.
std::string LoadCsv(const LoadSummary& summary);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_RESULTS_LOAD_CSV_H_
