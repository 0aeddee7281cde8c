// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_COMMANDS_LOAD_FLAGS_H_
#define HILLOCK_CLIENT_COMMANDS_LOAD_FLAGS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "client/load/plan.h"
#include "client/load/sweep.h"
#include "client/report/load_report.h"

namespace hillock::client {

// What the command line of `hillock load` says.
struct LoadFlags {
  ServerFlags server;
  std::vector<std::string> models;
  std::string weights;  // empty: all the same
  ModelFlags version;   // its version only
  std::string input = "random";
  std::string label_column;
  std::string metrics;      // empty: do not ask
  std::string outstanding;  // empty: by the kind of loop
  size_t rows = 1;
  size_t connections = 4;
  size_t threads = 1;
  size_t burst = LoadPlan().burst;
  bool stream = false;
  bool check = false;
  std::string expected;  // file
  std::string rate;      // empty: a closed loop
  std::string trace;     // file
  Arrivals arrivals = Arrivals::kConstant;
  double ramp_from = 0;  // 0: no ramp
  double max_p99_ms = 0;
  uint64_t seed = 1;
  int64_t deadline_ms = 0;  // 0: none
  std::optional<double> seconds;
  uint64_t requests = 0;      // 0: until the time is over
  double stable_percent = 0;  // 0: one window
  size_t max_windows = 10;
  double warm_up_seconds = 1;
  bool json = false;
  std::string csv;                   // file
  std::string html;                  // file
  std::vector<std::string> compare;  // two files

  bool checks() const { return check || !expected.empty(); }
  bool is_open() const { return !rate.empty() || !trace.empty(); }
  std::vector<size_t> Sweep() const;
  std::string ModelText() const;  // "iris, digits"

  // What is wrong with flags that each make sense; empty: nothing.
  std::string Contradiction() const;
};

// Serialized requests of all models, and positions among them in the order of sending.
struct LoadRequests {
  std::vector<std::string> requests;
  std::vector<uint32_t> order;
  std::vector<std::string> expected{};  // answers; empty: they are not checked
};

// Asks the server what the models take. Errors: those of the server; INVALID_ARGUMENT for rows that
// do not suit a model, or too large requests.
absl::StatusOr<LoadRequests> PrepareRequests(const LoadFlags& flags);

// The plan of the first run. Errors: those of reading the trace.
absl::StatusOr<LoadPlan> PlanOf(const LoadFlags& flags, LoadRequests requests);

// How long each run of the plan takes, in seconds.
double DurationOf(const LoadFlags& flags, const LoadPlan& plan);

// A report without runs.
LoadReport ReportOf(const LoadFlags& flags, const LoadPlan& plan);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_COMMANDS_LOAD_FLAGS_H_
