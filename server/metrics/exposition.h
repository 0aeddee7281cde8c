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

// The sum of one histogram's shards.
template <class Scale>
class HistogramTotal {
 public:
  void Add(const Histogram<Scale>& shard) {
    for (size_t i = 0; i <= Scale::kBounds; ++i) {
      buckets_[i] += shard.Bucket(i);
      count_ += shard.Bucket(i);
    }
    sum_ += shard.Sum();
  }
  bool empty() const { return count_ == 0; }

  prometheus::ClientMetric::Histogram Export() const {
    prometheus::ClientMetric::Histogram out;
    out.sample_count = count_;
    out.sample_sum = static_cast<double>(sum_) * Scale::kUnit;
    uint64_t cumulative = 0;
    for (size_t i = 0; i <= Scale::kBounds; ++i) {
      cumulative += buckets_[i];
      const double bound = i == Scale::kBounds
                               ? std::numeric_limits<double>::infinity()
                               : static_cast<double>(Scale::Bound(i)) * Scale::kUnit;
      out.bucket.push_back({cumulative, bound});
    }
    return out;
  }

 private:
  std::array<uint64_t, Scale::kBounds + 1> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
};

// Collects the samples of a scrape, family by family, in the order they first appear.
class Exposition {
 public:
  void Number(const Family& family, const Labels& labels, double value);

  // Leaves out a histogram that has seen nothing.
  template <class Scale>
  void Distribution(const Family& family, const Labels& labels,
                    const HistogramTotal<Scale>& total) {
    if (!total.empty()) Sample(family, labels).histogram = total.Export();
  }

  std::vector<prometheus::MetricFamily> Take() { return std::move(families_); }

 private:
  prometheus::ClientMetric& Sample(const Family& family, const Labels& labels);

  std::vector<prometheus::MetricFamily> families_;
  std::map<std::string_view, size_t> positions_;  // of a family's name in families_
};

// The process metrics every Prometheus client has.
void ExposeProcess(Exposition& exposition);

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_EXPOSITION_H_
