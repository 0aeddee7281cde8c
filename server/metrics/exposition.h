// SPDX-License-Identifier: Apache-2.0

// Turns cells into prometheus-cpp's metric families.

#ifndef HILLOCK_SERVER_METRICS_EXPOSITION_H_
#define HILLOCK_SERVER_METRICS_EXPOSITION_H_

#include <prometheus/metric_family.h>

#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/metrics/cells.h"
#include "server/metrics/families.h"

namespace hillock::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Collects the samples of a scrape, family by family, in the order they first appear. Label values
// become UTF-8, without which no reader takes the page.
class Exposition {
 public:
  void Number(const Family& family, const Labels& labels, double value);

  // Leaves out a histogram that has seen nothing. REQUIRES: nobody writes it meanwhile.
  template <class Scale>
  void Distribution(const Family& family, const Labels& labels, const Histogram<Scale>& total) {
    if (total.Count() != 0) Sample(family, labels).histogram = Export(total);
  }

  template <const auto& Bounds>
  void Distribution(const Family& family, const Labels& labels,
                    const ValueHistogram<Bounds>& total) {
    auto histogram = Export(total);
    if (histogram.sample_count != 0) Sample(family, labels).histogram = std::move(histogram);
  }

  std::vector<prometheus::MetricFamily> Take() { return std::move(families_); }

 private:
  template <class Scale>
  static prometheus::ClientMetric::Histogram Export(const Histogram<Scale>& total) {
    prometheus::ClientMetric::Histogram out;
    out.sample_sum = static_cast<double>(total.Sum()) * Scale::kUnit;
    for (size_t i = 0; i <= Scale::kBounds; ++i) {
      out.sample_count += total.Bucket(i);
      const double bound = i == Scale::kBounds
                               ? std::numeric_limits<double>::infinity()
                               : static_cast<double>(Scale::Bound(i)) * Scale::kUnit;
      out.bucket.push_back({out.sample_count, bound});
    }
    return out;
  }

  template <const auto& Bounds>
  static prometheus::ClientMetric::Histogram Export(const ValueHistogram<Bounds>& total) {
    prometheus::ClientMetric::Histogram out;
    out.sample_sum = total.Sum();
    for (size_t i = 0; i <= Bounds.size(); ++i) {
      out.sample_count += total.Bucket(i);
      const double bound = i == Bounds.size() ? std::numeric_limits<double>::infinity() : Bounds[i];
      out.bucket.push_back({out.sample_count, bound});
    }
    return out;
  }

  prometheus::ClientMetric& Sample(const Family& family, const Labels& labels);

  std::vector<prometheus::MetricFamily> families_;
  std::map<std::string_view, size_t> positions_;  // of a family's name in families_
};

// A visitor of cells that writes each as a sample: counters once they are not 0, histograms once
// they have seen something, gauges always.
class CellExposer {
 public:
  // `labels` come first in every sample.
  CellExposer(Exposition& out, Labels labels) : out_(out), labels_(std::move(labels)) {}

  void operator()(const Family& family, LabelList labels, const Counter& total) const;
  void operator()(const Family& family, LabelList labels, const Gauge& total) const;
  template <class Scale>
  void operator()(const Family& family, LabelList labels, const Histogram<Scale>& total) const {
    out_.Distribution(family, With(labels), total);
  }

 private:
  Labels With(LabelList labels) const;

  Exposition& out_;
  const Labels labels_;
};

// The process metrics every Prometheus client has.
void ExposeProcess(Exposition& exposition);

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_EXPOSITION_H_
