// SPDX-License-Identifier: Apache-2.0

// What came of loading a model, for people and for machines. Pure.

#ifndef HILLOCK_CLIENT_REPORT_LOAD_REPORT_H_
#define HILLOCK_CLIENT_REPORT_LOAD_REPORT_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/load/generator.h"
#include "client/load/plan.h"
#include "client/load/tally.h"
#include "client/metrics/stats.h"

namespace hillock::client {

// One run of a sweep.
struct LoadRun {
  size_t outstanding = 0;
  LoadTally tally;
  std::optional<Stats> server;  // what the server's metrics say of the same time
  bool interrupted = false;     // it lasted as long as the tally says, not as long as planned
};

struct LoadReport {
  std::string model;
  size_t rows = 1;  // a request
  size_t connections = 0;
  size_t threads = 0;
  std::optional<OpenLoad> open;  // none: a closed loop
  double deadline_seconds = 0;   // 0: none
  double seconds = 0;            // of each run that was not interrupted
  double warm_up_seconds = 0;
  std::vector<LoadRun> runs;
};

// A table with a line for each status code of each run, then the server's own statistics. Requests
// and rows a second count those that ended before the run did, and of rows only the answered ones.
std::string LoadText(const LoadReport& report);

// {"model": ..., "runs": [...]}, times in seconds.
nlohmann::ordered_json LoadJson(const LoadReport& report);

// One line of text: "3.5 of 10 s  84,700 requests/s".
std::string ProgressText(const LoadProgress& progress, double seconds);

// UNAVAILABLE when no request of a run succeeded, with the first message of each code.
absl::Status CheckSucceeded(const LoadReport& report);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_LOAD_REPORT_H_
