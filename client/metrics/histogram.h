// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_METRICS_HISTOGRAM_H_
#define HILLOCK_CLIENT_METRICS_HISTOGRAM_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "client/metrics/metrics_text.h"

namespace hillock::client {

// A Prometheus histogram, possibly the sum of several.
struct Histogram {
  std::map<double, double> buckets;  // observations up to and including each bound
  double sum = 0;
  double count = 0;

  // sum / count; NaN when nothing was observed.
  double Mean() const;

  // The value that a share `q` of the observations does not exceed, taking them to be evenly spread
  // within a bucket and none to be negative, as PromQL's histogram_quantile does: so a quantile in
  // the last, endless bucket is its lower bound. NaN when nothing was observed.
  double Quantile(double q) const;
};

// The histograms of `family`, added up by what `key` makes of their labels; those for which it
// makes an empty text are left out.
std::map<std::string, Histogram> CollectHistograms(
    const Metrics& metrics, std::string_view family,
    const std::function<std::string(const Sample&)>& key);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_METRICS_HISTOGRAM_H_
