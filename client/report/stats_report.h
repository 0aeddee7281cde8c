// What a server's metrics say of its activations and models. Pure.

#ifndef HILLOCK_CLIENT_REPORT_STATS_REPORT_H_
#define HILLOCK_CLIENT_REPORT_STATS_REPORT_H_

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/metrics/histogram.h"
#include "client/metrics/metrics_text.h"

namespace hillock::client {

// One activation on one backend. Times are seconds.
struct ActivationStats {
  std::string activation;
  std::string backend;
  double elements = 0;        // that went through it, on every path
  double timed_elements = 0;  // of the passes in `passes`
  Histogram passes;           // time of a pass over a batch, of the passes that were timed
  Histogram layers;           // time of dense and activation together, over every backend

  double NanosPerElement() const;    // over the timed passes; NaN when there are none
  double ElementsPerSecond() const;  // while computing
};

// One model, all versions together. Times are seconds.
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

Stats Summarize(const Metrics& metrics);

// Two tables, the activations' and the models'.
std::string StatsTables(const Stats& stats);

// {"activations": [...], "models": [...]}, times in seconds; what was not measured is null.
nlohmann::ordered_json StatsJson(const Stats& stats);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_STATS_REPORT_H_
