// SPDX-License-Identifier: Apache-2.0

// Stats as text and as JSON. Pure.

#ifndef HILLOCK_CLIENT_REPORT_STATS_REPORT_H_
#define HILLOCK_CLIENT_REPORT_STATS_REPORT_H_

#include <nlohmann/json.hpp>
#include <string>

#include "client/metrics/stats.h"

namespace hillock::client {

// Two tables, the activations' and the models'.
std::string StatsTables(const Stats& stats);

// {"activations": [...], "models": [...]}, times in seconds; what was not measured is null.
nlohmann::ordered_json StatsJson(const Stats& stats);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_STATS_REPORT_H_
