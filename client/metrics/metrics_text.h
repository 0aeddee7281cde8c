// SPDX-License-Identifier: Apache-2.0

// The Prometheus text exposition format, version 0.0.4, read.

#ifndef HILLOCK_CLIENT_METRICS_METRICS_TEXT_H_
#define HILLOCK_CLIENT_METRICS_METRICS_TEXT_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hillock::client {

using Labels = std::map<std::string, std::string, std::less<>>;

struct Sample {
  std::string name;  // of the line: a histogram's ends in _bucket, _sum or _count
  Labels labels;
  double value = 0;
};

struct MetricFamily {
  std::string type;  // "counter", "gauge", "histogram", "summary"; "untyped" when it is not said
  std::string help;
  std::vector<Sample> samples;  // in the order of the text
};

// Families by name; a histogram's name is the one without _bucket, _sum and _count.
using Metrics = std::map<std::string, MetricFamily, std::less<>>;

// Reads all of `text`. Comments other than TYPE and HELP are skipped; a time stamp after a value is
// dropped.
// Errors: INVALID_ARGUMENT naming the line, what was found and what was wanted.
absl::StatusOr<Metrics> ParseMetrics(std::string_view text);

// The samples called `name` in family `family`; none when there is no such family.
std::vector<const Sample*> FindSamples(const Metrics& metrics, std::string_view family,
                                       std::string_view name);

// The value of label `name`, or an empty text.
std::string_view LabelOf(const Sample& sample, std::string_view name);

// What happened between two readings: counters and histograms of `later` less those of `earlier`;
// everything else as in `later`. When any of them went backwards the process was started anew in
// between, and the answer is all of `later`.
Metrics Since(const Metrics& earlier, Metrics later);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_METRICS_METRICS_TEXT_H_
