// SPDX-License-Identifier: Apache-2.0

// What a server's metrics say of its activations and models.

#ifndef HILLOCK_CLIENT_METRICS_STATS_H_
#define HILLOCK_CLIENT_METRICS_STATS_H_

#include <map>
#include <string>
#include <vector>

#include "client/metrics/histogram.h"
#include "client/metrics/metrics_text.h"

namespace hillock::client {

// One activation on one backend. Times are seconds.
struct ActivationStats {
  std::string activation;
  std::string backend;
  double elements = 0;        // that went through it, timed or not
  double timed_elements = 0;  // of the passes in `passes`
  Histogram passes;           // time of a pass over a batch, for the passes that were timed
  Histogram layers;           // time of dense part and activation together, on all backends

  double NanosPerElement() const;    // over the timed passes; NaN when there are none
  double ElementsPerSecond() const;  // while computing
};

// One model, over all versions. Times are seconds.
struct ModelStats {
  std::string model;
  std::map<std::string, double> requests;  // by status code
  double rows = 0;
  Histogram batch_rows;
  std::map<std::string, Histogram> stages;  // "total", "queue", "compute"
};

struct Stats {
  std::vector<ActivationStats> activations;  // that had any element, by name and backend
  std::vector<ModelStats> models;            // that had any request, by name
};

// Pure. Samples with other names, and what has not happened, are left out.
Stats Summarize(const Metrics& metrics);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_METRICS_STATS_H_
