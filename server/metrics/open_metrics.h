// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_METRICS_OPEN_METRICS_H_
#define HILLOCK_SERVER_METRICS_OPEN_METRICS_H_

#include <prometheus/metric_family.h>

#include <map>
#include <string>
#include <vector>

#include "server/metrics/exemplars.h"

namespace hillock::metrics {

// The families in OpenMetrics's text format, version 1.0, which prometheus-cpp does not write.
// Counters, gauges and histograms. The format has no counter whose name does not end in _total: its
// type is unknown there. `exemplars` by model go with the buckets of kRequestSeconds' total.
std::string ToOpenMetrics(const std::vector<prometheus::MetricFamily>& families,
                          const std::map<std::string, BucketExemplars>& exemplars = {});

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_OPEN_METRICS_H_
