// SPDX-License-Identifier: Apache-2.0
#include "client/report/stats_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <utility>
#include <vector>

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

using nlohmann::ordered_json;

constexpr double kMedian = 0.5;
constexpr double kTail = 0.99;

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
  parts.reserve(requests.size());
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
          {"layer_seconds", SecondsJson(a.layers)}};
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
