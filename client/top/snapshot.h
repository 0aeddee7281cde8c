// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_TOP_SNAPSHOT_H_
#define HILLOCK_CLIENT_TOP_SNAPSHOT_H_

#include <string>
#include <vector>

#include "client/metrics/metrics_text.h"

namespace hillock::client {

// Rates are those between two readings of a server's metrics. Times are seconds; NaN is what was
// not measured.

struct TopModel {
  std::string name;
  std::string state;  // of its versions: "READY", "READY, UNAVAILABLE"
  double requests_per_second = 0;
  double failures_per_second = 0;  // status codes other than OK
  double rows_per_second = 0;
  double rows_per_batch = 0;
  double p50 = 0;
  double p99 = 0;
  double queue_p99 = 0;
  double compute_p99 = 0;
  double queue_rows = 0;  // now
};

struct TopActivation {
  std::string name;
  std::string backend;
  double elements_per_second = 0;
  double nanos_per_element = 0;  // since the server's start
  double cores = 0;              // that it keeps busy
};

struct TopLayer {
  std::string model;
  std::string layer;
  std::string activation;
  double saturated = 0;  // share of the elements sampled since the server's start
  double dead_units = 0;
};

struct TopReactor {
  std::string name;
  double busy = 0;  // share of a core
  double connections = 0;
  double calls = 0;
};

struct TopProcess {
  double cores = 0;           // that it keeps busy
  double resident_bytes = 0;  // NaN: not told
  double open_files = 0;
  double uptime = 0;
};

// A server at one moment.
struct TopSnapshot {
  std::vector<TopModel> models;            // by name
  std::vector<TopActivation> activations;  // that had an element since the start, busiest first
  std::vector<TopLayer> layers;            // by model, in the page's order
  std::vector<TopReactor> reactors;
  TopProcess process;
};

// Pure. `later` was read `seconds` after `earlier`, at `now`, seconds since the epoch.
TopSnapshot SnapshotBetween(const Metrics& earlier, const Metrics& later, double seconds,
                            double now);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TOP_SNAPSHOT_H_
