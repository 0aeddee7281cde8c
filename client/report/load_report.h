// SPDX-License-Identifier: Apache-2.0

// What came of loading a model, and its text. Pure. client/results/ has the other forms.

#ifndef HILLOCK_CLIENT_REPORT_LOAD_REPORT_H_
#define HILLOCK_CLIENT_REPORT_LOAD_REPORT_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/load/generator.h"
#include "client/load/plan.h"
#include "client/load/stability.h"
#include "client/load/tally.h"
#include "client/metrics/server_moment.h"
#include "client/metrics/stats.h"

namespace hillock::client {

// The percentiles that every report has.
struct Percentile {
  double q;
  const char* name;
};
inline constexpr std::array<Percentile, 5> kPercentiles{
    {{0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}, {0.999, "p99.9"}, {0.9999, "p99.99"}}};

// One run of a sweep.
struct LoadRun {
  size_t outstanding = 0;
  LoadTally tally;
  std::optional<Stats> server{};            // what the server's metrics say of the same time
  bool interrupted = false;                 // it was ended early
  double rate = 0;                          // of an open loop: requests/s that were intended
  std::vector<WindowFigures> windows{};     // of a run until it is stable
  bool stable = false;                      // the last of them agree
  std::vector<ServerMoment> server_line{};  // the server from moment to moment

  // "16 outstanding", or "2,000 requests/s".
  std::string name() const;
};

// A search for the highest rate that keeps p99 within a bound.
struct SearchResult {
  double max_p99_seconds = 0;
  double found = 0;  // requests/s; 0: none
};

// Where and how the load was made.
struct LoadOrigin {
  std::string command;
  std::string machine;
  std::string date;
  std::string server;  // what it is made of; empty: it was not asked
};

struct LoadReport {
  std::string model;  // several are separated by commas
  size_t rows = 1;    // a request
  size_t connections = 0;
  size_t threads = 0;
  std::optional<OpenLoad> open;  // none: a closed loop
  double deadline_seconds = 0;   // 0: none
  double seconds = 0;            // of each run that was not interrupted
  uint64_t max_requests = 0;     // of each run, which then is not limited in time; 0: no limit
  double warm_up_seconds = 0;
  std::vector<LoadRun> runs;
  std::optional<SearchResult> search{};
  LoadOrigin origin{};

  // Whether its runs differ in their rates.
  bool has_rates() const;
};

const char* NameOf(Arrivals arrivals);

// The time of sending.
double SecondsOf(const LoadReport& report, const LoadRun& run);

// Those that ended before the run did.
double PerSecond(const LoadReport& report, const LoadRun& run, const Outcome& outcome);

// A request that was refused brought no rows.
double RowsPerSecond(const LoadReport& report, const LoadRun& run, absl::StatusCode code,
                     const Outcome& outcome);

// A table with a line for each status code of each run, then the server's own statistics. Requests
// and rows a second count those that ended before the run did, and of rows only the answered ones.
std::string LoadText(const LoadReport& report);

// UNAVAILABLE when no request of a run succeeded, with the first message of each code.
absl::Status CheckSucceeded(const LoadReport& report);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_LOAD_REPORT_H_
