// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/text_format.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "server/metrics/families.h"

namespace hillock::metrics {
namespace {

constexpr std::string_view kTotal = "_total";

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using ClientLabels = std::vector<ClientMetric::Label>;
using ExemplarsByModel = std::map<std::string, BucketExemplars>;

void AppendNumber(std::string& out, uint64_t number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.size());
}

// The shortest text that reads back as `value`. Most are whole numbers.
void AppendNumber(std::string& out, double value) {
  constexpr double kWhole = 1e15;
  if (value >= 0 && value < kWhole && value == std::floor(value)) {
    return AppendNumber(out, static_cast<uint64_t>(value));
  }
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

void AppendEscaped(std::string& out, std::string_view text, bool with_quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || (c == '"' && with_quotes)) out += '\\';
      out += c;
    }
  }
}

void AppendLabel(std::string& out, char before, std::string_view name, std::string_view value) {
  out += before;
  out += name;
  out += "=\"";
  AppendEscaped(out, value, /*with_quotes=*/true);
  out += '"';
}

// `{a="x",b="y"`, or nothing.
std::string Opened(const ClientLabels& labels) {
  std::string text;
  for (const auto& label : labels) {
    AppendLabel(text, text.empty() ? '{' : ',', label.name, label.value);
  }
  return text;
}

std::string_view NameOf(MetricType type) {
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

// Those of a histogram; none but the total time of a model's requests has any.
const BucketExemplars& Find(const ExemplarsByModel& exemplars, std::string_view family,
                            const ClientLabels& labels) {
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
  Writer(TextFormat format, const ExemplarsByModel& exemplars)
      : is_open_(format == TextFormat::kOpenMetrics), exemplars_(exemplars) {}

  void Family(const MetricFamily& family) {
    Describe(family);
    for (const ClientMetric& metric : family.metric) {
      if (family.type == MetricType::Counter) {
        Sample(family.name, "", metric.label, metric.counter.value);
      } else if (family.type == MetricType::Gauge) {
        Sample(family.name, "", metric.label, metric.gauge.value);
      } else {
        Histogram(family.name, metric);
      }
    }
  }

  std::string Take() {
    if (is_open_) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  // In OpenMetrics a counter is described without its _total.
  void Describe(const MetricFamily& family) {
    std::string_view name = family.name;
    std::string_view type = NameOf(family.type);
    if (is_open_ && family.type == MetricType::Counter) {
      if (name.ends_with(kTotal)) {
        name.remove_suffix(kTotal.size());
      } else {
        type = "unknown";
      }
    }
    fmt::format_to(std::back_inserter(out_), "# HELP {} ", name);
    AppendEscaped(out_, family.help, /*with_quotes=*/is_open_);
    fmt::format_to(std::back_inserter(out_), "\n# TYPE {} {}\n", name, type);
  }

  template <class T>
  void Sample(std::string_view name, std::string_view suffix, const ClientLabels& labels, T value) {
    out_ += name;
    out_ += suffix;
    if (!labels.empty()) {
      out_ += Opened(labels);
      out_ += '}';
    }
    Value(value);
  }

  template <class T>
  void Value(T value) {
    out_ += ' ';
    AppendNumber(out_, value);
    out_ += '\n';
  }

  // A bucket's bound. There are few, again and again. In OpenMetrics it has a fraction if it is
  // whole.
  const std::string& Bound(double value) {
    std::string& text = bounds_[value];
    if (!text.empty()) return text;
    AppendNumber(text, value);
    const bool is_whole = std::isfinite(value) && text.find_first_of(".e") == std::string::npos;
    if (is_open_ && is_whole) text += ".0";
    return text;
  }

  // OpenMetrics has sums and counts for values that are not negative alone.
  void Histogram(const std::string& name, const ClientMetric& metric) {
    const auto& histogram = metric.histogram;
    const BucketExemplars& exemplars = Find(exemplars_, name, metric.label);
    std::string bucket = name + "_bucket" + Opened(metric.label);
    bucket += metric.label.empty() ? "{le=\"" : ",le=\"";
    for (size_t i = 0; i < histogram.bucket.size(); ++i) {
      out_ += bucket;
      out_ += Bound(histogram.bucket[i].upper_bound);
      out_ += "\"}";
      Value(histogram.bucket[i].cumulative_count);
      const auto exemplar = exemplars.find(i);
      if (is_open_ && exemplar != exemplars.end()) Append(exemplar->second);
    }
    if (is_open_ && histogram.bucket.front().upper_bound < 0) return;
    Sample(name, "_sum", metric.label, histogram.sample_sum);
    Sample(name, "_count", metric.label, histogram.sample_count);
  }

  // Behind the sample of its bucket, on the same line.
  void Append(const Exemplar& exemplar) {
    out_.pop_back();
    out_ += " # ";
    AppendLabel(out_, '{', exemplar.label, exemplar.id);
    out_ += "} ";
    AppendNumber(out_, exemplar.value);
    fmt::format_to(std::back_inserter(out_), " {:.3f}\n", exemplar.time);
  }

  const bool is_open_;
  const ExemplarsByModel& exemplars_;
  std::unordered_map<double, std::string> bounds_;
  std::string out_;
};

}  // namespace

std::string ToText(TextFormat format, const std::vector<MetricFamily>& families,
                   const ExemplarsByModel& exemplars) {
  Writer writer(format, exemplars);
  for (const MetricFamily& family : families) writer.Family(family);
  return writer.Take();
}

}  // namespace hillock::metrics
