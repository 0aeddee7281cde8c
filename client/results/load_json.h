// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_RESULTS_LOAD_JSON_H_
#define HILLOCK_CLIENT_RESULTS_LOAD_JSON_H_

#include <nlohmann/json.hpp>

#include "client/report/load_report.h"

namespace hillock::client {

// {"model": ..., "runs": [...]}, times in seconds, what was not measured null. Every run has its
// status codes with their latencies, the distribution of the latencies of answers, and a time line;
// load_summary.h reads it. Pure.
nlohmann::ordered_json LoadJson(const LoadReport& report);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_RESULTS_LOAD_JSON_H_
