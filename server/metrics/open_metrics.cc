// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/open_metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include "server/metrics/families.h"

namespace hillock::metrics {
namespace {

constexpr std::string_view kTotal = "_total";

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// The shortest text that reads back as `value`.
std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

// The same of a bucket's bound, which has a fraction if it is whole.
std::string Bound(double value) {
  std::string text = Number(value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
}

using ExemplarsByModel = std::map<std::string, BucketExemplars>;

// Those of a histogram; none but the total time of a model's requests has any.
const BucketExemplars& Find(const ExemplarsByModel& exemplars, std::string_view family,
                            const std::vector<ClientMetric::Label>& labels) {
  static const BucketExemplars none;
  if (family != kRequestSeconds.name) return none;
  std::string model;
  bool is_total = false;
  for (const auto& label : labels) {
    if (label.name == "model") model = label.value;
    is_total |= label.name == "stage" && label.value == "total";
  }
  const auto found = exemplars.find(model);
  return is_total && found != exemplars.end() ? found->second : none;
}

class Writer {
 public:
  explicit Writer(const ExemplarsByModel& exemplars) : exemplars_(exemplars) {}

  void Family(const MetricFamily& family) {
    std::string_view stem = family.name;
    const bool is_counter = family.type == MetricType::Counter;
    const bool is_total = is_counter && stem.ends_with(kTotal);
    if (is_total) stem.remove_suffix(kTotal.size());
    Describe(stem, is_counter && !is_total ? "unknown" : TypeName(family.type), family.help);
    for (const ClientMetric& metric : family.metric) {
      if (is_counter) {
        Sample(family.name, metric.label, metric.counter.value);
      } else if (family.type == MetricType::Gauge) {
        Sample(family.name, metric.label, metric.gauge.value);
      } else {
        Histogram(family.name, metric);
      }
    }
  }

  std::string Take() { return std::move(out_ += "# EOF\n"); }

 private:
  using Labels = std::vector<ClientMetric::Label>;

  static std::string_view TypeName(MetricType type) {
    switch (type) {
      case MetricType::Counter:
        return "counter";
      case MetricType::Gauge:
        return "gauge";
      case MetricType::Histogram:
        return "histogram";
      default:
        return "unknown";
    }
  }

  void Describe(std::string_view stem, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(out_), "# TYPE {} {}\n# HELP {} ", stem, type, stem);
    AppendEscaped(out_, help);
    out_ += '\n';
  }

  void Sample(const std::string& name, const Labels& labels, double value) {
    out_ += name;
    for (const auto& label : labels) Label(&label == &labels.front(), label.name, label.value);
    if (!labels.empty()) out_ += '}';
    fmt::format_to(std::back_inserter(out_), " {}\n", Number(value));
  }

  // Behind the sample of its bucket, on the same line.
  void Append(const Exemplar& exemplar) {
    out_.pop_back();
    out_ += " # ";
    Label(/*is_first=*/true, exemplar.label, exemplar.id);
    fmt::format_to(std::back_inserter(out_), "}} {} {:.3f}\n", Number(exemplar.value),
                   exemplar.time);
  }

  void Label(bool is_first, std::string_view name, std::string_view value) {
    out_ += is_first ? '{' : ',';
    out_ += name;
    out_ += "=\"";
    AppendEscaped(out_, value);
    out_ += '"';
  }

  // The format has sums and counts for values that are not negative alone.
  void Histogram(const std::string& name, const ClientMetric& metric) {
    Labels labels = metric.label;
    labels.push_back({"le", ""});
    const BucketExemplars& exemplars = Find(exemplars_, name, metric.label);
    for (size_t i = 0; i < metric.histogram.bucket.size(); ++i) {
      const auto& bucket = metric.histogram.bucket[i];
      labels.back().value = Bound(bucket.upper_bound);
      Sample(name + "_bucket", labels, static_cast<double>(bucket.cumulative_count));
      if (const auto exemplar = exemplars.find(i); exemplar != exemplars.end()) {
        Append(exemplar->second);
      }
    }
    if (metric.histogram.bucket.front().upper_bound < 0) return;
    Sample(name + "_sum", metric.label, metric.histogram.sample_sum);
    Sample(name + "_count", metric.label, static_cast<double>(metric.histogram.sample_count));
  }

  const ExemplarsByModel& exemplars_;
  std::string out_;
};

}  // namespace

std::string ToOpenMetrics(const std::vector<MetricFamily>& families,
                          const ExemplarsByModel& exemplars) {
  Writer writer(exemplars);
  for (const MetricFamily& family : families) writer.Family(family);
  return writer.Take();
}

}  // namespace hillock::metrics
