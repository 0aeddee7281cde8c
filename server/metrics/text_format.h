// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_METRICS_TEXT_FORMAT_H_
#define HILLOCK_SERVER_METRICS_TEXT_FORMAT_H_

#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <vector>

#include "server/metrics/exemplars.h"

namespace hillock::metrics {

// kPrometheus is version 0.0.4 of Prometheus's text format, kOpenMetrics version 1.0 of
// OpenMetrics, which has no counter whose name does not end in _total: its type is unknown there.
enum class TextFormat { kPrometheus, kOpenMetrics };

// The page that a scrape gets: counters, gauges and histograms. In OpenMetrics `exemplars` by model
// go with the buckets of kRequestSeconds' total. Decision 0046 says why prometheus-cpp does not
// write it.
std::string ToText(TextFormat format, const std::vector<prometheus::MetricFamily>& families,
                   const std::map<std::string, BucketExemplars>& exemplars = {});

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_TEXT_FORMAT_H_
