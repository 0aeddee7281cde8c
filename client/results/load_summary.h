// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_RESULTS_LOAD_SUMMARY_H_
#define HILLOCK_CLIENT_RESULTS_LOAD_SUMMARY_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/metrics/server_moment.h"

namespace hillock::client {

// A range of latencies, seconds, and how many answers it had.
struct LatencyBar {
  double low = 0;
  double high = 0;
  double count = 0;
};

// Figures of equal intervals of a run, all vectors of the same length. NaN: nothing was answered.
struct TimelineFigures {
  double interval_seconds = 0;
  std::vector<double> requests_per_second;
  std::vector<double> failures_per_second;
  std::vector<double> p50;
  std::vector<double> p99;
};

// The time of an activation on one backend.
struct ActivationTime {
  std::string name;  // "relu (onednn)"
  double seconds = 0;
};

// A run as pages, comparisons and CSV need it. Latencies are those of requests that succeeded.
struct RunSummary {
  std::string name;  // "16 outstanding", "2,000 requests/s"
  double outstanding = 0;
  double rate = 0;  // 0: a closed loop
  double seconds = 0;
  double requests = 0;  // that ended, with whatever code
  double requests_per_second = 0;
  double rows_per_second = 0;
  std::map<std::string, double> latency;   // by "p50" ... "max", "mean"
  std::map<std::string, double> failures;  // by status code
  std::vector<LatencyBar> distribution;
  TimelineFigures timeline;
  std::vector<ServerMoment> server;
  std::vector<ActivationTime> activations;  // the longest first

  double failed() const;

  // NaN when there is none of that name.
  double Latency(const std::string& which) const;
};

// What LoadJson() has written, read again.
struct LoadSummary {
  std::string source;  // the file's name; empty: it is none
  std::string model;
  std::vector<std::pair<std::string, std::string>> facts;  // how and where, for people
  double found_rate = 0;                                   // of a search; 0: none
  double max_p99 = 0;                                      // of the search; 0: there was none
  std::vector<RunSummary> runs;
};

// Errors: INVALID_ARGUMENT naming `source`, and what is missing or of another type.
absl::StatusOr<LoadSummary> SummarizeLoad(const nlohmann::ordered_json& report,
                                          const std::string& source);

// The summary of a file's text.
absl::StatusOr<LoadSummary> ParseLoadReport(std::string_view text, const std::string& source);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_RESULTS_LOAD_SUMMARY_H_
