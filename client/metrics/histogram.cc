// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/histogram.h"

#include <cmath>
#include <limits>

#include "client/text/text.h"

namespace hillock::client {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

void Add(const Sample& sample, Histogram& histogram) {
  const std::string_view name = sample.name;
  if (name.ends_with("_sum")) {
    histogram.sum += sample.value;
  } else if (name.ends_with("_count")) {
    histogram.count += sample.value;
  } else if (const auto bound = ParseNumber(LabelOf(sample, "le")); bound && !std::isnan(*bound)) {
    histogram.buckets[*bound] += sample.value;
  }
}

}  // namespace

double Histogram::Mean() const { return count > 0 ? sum / count : kNothing; }

double Histogram::Quantile(double q) const {
  if (buckets.empty() || !(buckets.rbegin()->second > 0)) return kNothing;
  const double rank = q * buckets.rbegin()->second;
  double lower_bound = 0;
  double below = 0;
  for (const auto& [bound, cumulative] : buckets) {
    if (cumulative >= rank && cumulative > below) {
      if (std::isinf(bound)) return lower_bound;
      return lower_bound + (bound - lower_bound) * (rank - below) / (cumulative - below);
    }
    lower_bound = bound;
    below = cumulative;
  }
  return lower_bound;
}

std::map<std::string, Histogram> CollectHistograms(
    const Metrics& metrics, std::string_view family,
    const std::function<std::string(const Sample&)>& key) {
  std::map<std::string, Histogram> histograms;
  const auto found = metrics.find(family);
  if (found == metrics.end()) return histograms;
  for (const Sample& sample : found->second.samples) {
    const std::string name = key(sample);
    if (!name.empty()) Add(sample, histograms[name]);
  }
  return histograms;
}

}  // namespace hillock::client
