#include "client/report/stats_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

using nlohmann::ordered_json;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kNanosPerSecond = 1e9;
constexpr double kMedian = 0.5;
constexpr double kTail = 0.99;
constexpr char kSeparator = '\0';

constexpr std::string_view kElements = "hillock_activation_elements_total";
constexpr std::string_view kTimedElements = "hillock_activation_timed_elements_total";
constexpr std::string_view kPassSeconds = "hillock_activation_seconds";
constexpr std::string_view kLayerSeconds = "hillock_layer_seconds";
constexpr std::string_view kRequests = "hillock_requests_total";
constexpr std::string_view kRequestSeconds = "hillock_request_seconds";
constexpr std::string_view kRows = "hillock_rows_total";
constexpr std::string_view kBatchRows = "hillock_batch_rows";

std::string By(const Sample& sample, std::string_view label) {
  return std::string(LabelOf(sample, label));
}

std::string By(const Sample& sample, std::string_view first, std::string_view second) {
  return By(sample, first) + kSeparator + By(sample, second);
}

std::pair<std::string, std::string> Halves(const std::string& key) {
  const size_t at = key.find(kSeparator);
  return {key.substr(0, at), key.substr(at + 1)};
}

// The sum of a counter's samples by two labels.
std::map<std::string, double> Totals(const Metrics& metrics, std::string_view counter,
                                     std::string_view first, std::string_view second) {
  std::map<std::string, double> totals;
  for (const Sample* sample : FindSamples(metrics, counter, counter)) {
    totals[By(*sample, first, second)] += sample->value;
  }
  return totals;
}

std::vector<ActivationStats> Activations(const Metrics& metrics) {
  const auto key = [](const Sample& s) { return By(s, "activation", "backend"); };
  auto passes = CollectHistograms(metrics, kPassSeconds, key);
  const auto layers = CollectHistograms(metrics, kLayerSeconds,
                                        [](const Sample& s) { return By(s, "activation"); });
  auto timed = Totals(metrics, kTimedElements, "activation", "backend");
  std::vector<ActivationStats> all;
  for (const auto& [name, elements] : Totals(metrics, kElements, "activation", "backend")) {
    if (!(elements > 0)) continue;
    ActivationStats stats;
    std::tie(stats.activation, stats.backend) = Halves(name);
    stats.elements = elements;
    stats.timed_elements = timed[name];
    stats.passes = passes[name];
    if (const auto layer = layers.find(stats.activation); layer != layers.end()) {
      stats.layers = layer->second;
    }
    all.push_back(std::move(stats));
  }
  return all;
}

std::vector<ModelStats> Models(const Metrics& metrics) {
  std::map<std::string, ModelStats> models;
  for (const Sample* sample : FindSamples(metrics, kRequests, kRequests)) {
    if (!(sample->value > 0)) continue;
    models[By(*sample, "model")].requests[By(*sample, "code")] += sample->value;
  }
  for (const Sample* sample : FindSamples(metrics, kRows, kRows)) {
    const auto found = models.find(By(*sample, "model"));
    if (found != models.end()) found->second.rows += sample->value;
  }
  auto batches =
      CollectHistograms(metrics, kBatchRows, [](const Sample& s) { return By(s, "model"); });
  for (auto& [name, histogram] : CollectHistograms(
           metrics, kRequestSeconds, [](const Sample& s) { return By(s, "model", "stage"); })) {
    const auto [model, stage] = Halves(name);
    const auto found = models.find(model);
    if (found != models.end()) found->second.stages[stage] = histogram;
  }
  std::vector<ModelStats> all;
  for (auto& [name, stats] : models) {
    stats.model = name;
    stats.batch_rows = batches[name];
    all.push_back(std::move(stats));
  }
  return all;
}

std::string ActivationTable(const std::vector<ActivationStats>& activations) {
  if (activations.empty()) return "no activation has run\n";
  Table table({{"activation"},
               {"backend"},
               {"elements", Align::kRight},
               {"timed passes", Align::kRight},
               {"mean", Align::kRight},
               {"p50", Align::kRight},
               {"p99", Align::kRight},
               {"ns/element", Align::kRight},
               {"elements/s", Align::kRight},
               {"layer mean", Align::kRight}});
  for (const ActivationStats& a : activations) {
    table.AddRow({Printable(a.activation), Printable(a.backend), FormatCount(a.elements),
                  FormatCount(a.passes.count), FormatSeconds(a.passes.Mean()),
                  FormatSeconds(a.passes.Quantile(kMedian)),
                  FormatSeconds(a.passes.Quantile(kTail)), FormatNumber(a.NanosPerElement()),
                  FormatCount(a.ElementsPerSecond()), FormatSeconds(a.layers.Mean())});
  }
  return table.Render();
}

std::string RequestText(const std::map<std::string, double>& requests) {
  std::vector<std::string> parts;
  for (const auto& [code, count] : requests) {
    parts.push_back(fmt::format("{} {}", FormatCount(count), Printable(code)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string ModelTable(const std::vector<ModelStats>& models) {
  if (models.empty()) return "no model was asked\n";
  std::vector<Column> columns{
      {"model"}, {"requests"}, {"rows", Align::kRight}, {"rows/batch", Align::kRight}};
  for (const std::string stage : {"total", "queue", "compute"}) {
    columns.push_back({stage + " p50", Align::kRight});
    columns.push_back({"p99", Align::kRight});
  }
  Table table(std::move(columns));
  for (const ModelStats& m : models) {
    std::vector<std::string> cells{Printable(m.model), RequestText(m.requests), FormatCount(m.rows),
                                   FormatNumber(m.batch_rows.Mean())};
    for (const char* stage : {"total", "queue", "compute"}) {
      const auto found = m.stages.find(stage);
      const Histogram histogram = found == m.stages.end() ? Histogram() : found->second;
      cells.push_back(FormatSeconds(histogram.Quantile(kMedian)));
      cells.push_back(FormatSeconds(histogram.Quantile(kTail)));
    }
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

ordered_json SecondsJson(const Histogram& histogram) {
  return {{"count", histogram.count},
          {"mean", histogram.Mean()},
          {"p50", histogram.Quantile(kMedian)},
          {"p99", histogram.Quantile(kTail)}};
}

ordered_json ToJson(const ActivationStats& a) {
  return {{"activation", a.activation},
          {"backend", a.backend},
          {"elements", a.elements},
          {"timed_elements", a.timed_elements},
          {"pass_seconds", SecondsJson(a.passes)},
          {"ns_per_element", a.NanosPerElement()},
          {"elements_per_second", a.ElementsPerSecond()},
          {"layer_nanos", SecondsJson(a.layers)}};
}

ordered_json ToJson(const ModelStats& m) {
  ordered_json stages = ordered_json::object();
  for (const auto& [stage, histogram] : m.stages) stages[stage] = SecondsJson(histogram);
  return {{"model", m.model},
          {"requests", m.requests},
          {"rows", m.rows},
          {"mean_batch_rows", m.batch_rows.Mean()},
          {"request_seconds", std::move(stages)}};
}

}  // namespace

double ActivationStats::NanosPerElement() const {
  return timed_elements > 0 ? passes.sum * kNanosPerSecond / timed_elements : kNothing;
}

double ActivationStats::ElementsPerSecond() const {
  return timed_elements > 0 && passes.sum > 0 ? timed_elements / passes.sum : kNothing;
}

Stats Summarize(const Metrics& metrics) { return {Activations(metrics), Models(metrics)}; }

std::string StatsTables(const Stats& stats) {
  return ActivationTable(stats.activations) + '\n' + ModelTable(stats.models);
}

ordered_json StatsJson(const Stats& stats) {
  ordered_json json{{"activations", ordered_json::array()}, {"models", ordered_json::array()}};
  for (const ActivationStats& one : stats.activations) json["activations"].push_back(ToJson(one));
  for (const ModelStats& one : stats.models) json["models"].push_back(ToJson(one));
  return json;
}

}  // namespace hillock::client
