// SPDX-License-Identifier: Apache-2.0
#include "client/results/run_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "client/text/units.h"

namespace hillock::client {
namespace {

constexpr std::array<const char*, 3> kCurves{"p50", "p99", "p99.9"};
constexpr std::array<const char*, 5> kMarked{"p50", "p90", "p99", "p99.9", "p99.99"};

std::string PerSecondText(double value) { return FormatCount(value); }

// "99.9 %" of a share of 1 in 1000 above.
std::string NinesText(double one_in) { return fmt::format("{:.6g} %", 100 - 100 / one_in); }

ChartAxis LatencyAxis() { return {"latency", FormatSeconds, true}; }
ChartAxis TimeAxis() { return {"time from the start", FormatSeconds, false}; }

Series CurveOf(const LoadSummary& load, const char* percentile, size_t color, bool is_named) {
  Series series{is_named ? fmt::format("{} {}", load.source, percentile) : percentile, {}, color};
  for (const RunSummary& run : load.runs) {
    const double latency = run.Latency(percentile);
    series.points.push_back(
        {run.requests_per_second, latency,
         fmt::format("{}: {} requests/s, {} {}", run.name, FormatCount(run.requests_per_second),
                     percentile, FormatSeconds(latency))});
  }
  const auto has_rates = std::ranges::all_of(load.runs, [](const auto& r) { return r.rate > 0; });
  if (has_rates) std::ranges::stable_sort(series.points, {}, &Point::x);
  return series;
}

Series LineOverTime(std::string name, size_t color, double interval,
                    const std::vector<double>& values) {
  Series series{std::move(name), {}, color};
  for (size_t i = 0; i < values.size(); ++i) {
    series.points.push_back({(static_cast<double>(i) + 0.5) * interval, values[i], ""});
  }
  return series;
}

Series ServerLine(std::string name, size_t color, const RunSummary& run,
                  double ServerMoment::*figure) {
  Series series{std::move(name), {}, color};
  for (const ServerMoment& moment : run.server) {
    series.points.push_back({moment.at, moment.*figure, ""});
  }
  return series;
}

}  // namespace

Chart ThroughputChart(std::span<const LoadSummary* const> loads) {
  Chart chart{"Throughput and latency",
              {"requests/s", PerSecondText, false},
              {"latency", FormatSeconds, true},
              {}};
  size_t color = 0;
  for (const LoadSummary* const load : loads) {
    for (const char* const percentile : kCurves) {
      chart.series.push_back(CurveOf(*load, percentile, color++, loads.size() > 1));
    }
  }
  return chart;
}

// Drawn as steps. Bars are of equal width on this axis, so their heights are comparable.
Chart DistributionChart(const RunSummary& run) {
  double all = 0;
  for (const LatencyBar& bar : run.distribution) all += bar.count;
  Series series{"answers", {}, 0, true};
  double end = 0;
  for (const LatencyBar& bar : run.distribution) {
    if (!(bar.low > 0)) continue;
    if (bar.low > end * 1.01 + 1e-9 && end > 0) {
      series.points.push_back({end, 0, ""});
      series.points.push_back({bar.low, 0, ""});
    }
    series.points.push_back({bar.low, bar.count / all, ""});
    series.points.push_back({bar.high, bar.count / all, ""});
    end = bar.high;
  }
  Chart chart{"Distribution of latencies",
              LatencyAxis(),
              {"share of answers", FormatPercent, false},
              {std::move(series)}};
  for (const char* const name : kMarked) {
    chart.marks.push_back(
        {run.Latency(name), fmt::format("{} {}", name, FormatSeconds(run.Latency(name)))});
  }
  return chart;
}

// Each bar ends where so many requests took no longer: 1 / (1 - share) doubles along the axis.
Chart PercentileChart(const RunSummary& run) {
  double all = 0;
  for (const LatencyBar& bar : run.distribution) all += bar.count;
  Series series{"latency that so many requests do not exceed", {}, 1};
  double seen = 0;
  for (const LatencyBar& bar : run.distribution) {
    seen += bar.count;
    const double above = std::max(all - seen, 1.0);
    series.points.push_back({all / above, bar.high, ""});
  }
  return {"Percentiles",
          {"share of requests", NinesText, true},
          {"latency", FormatSeconds, true},
          {std::move(series)}};
}

Chart LatencyTimeChart(const RunSummary& run) {
  const TimelineFigures& line = run.timeline;
  return {"Latency over time",
          TimeAxis(),
          LatencyAxis(),
          {LineOverTime("p50", 0, line.interval_seconds, line.p50),
           LineOverTime("p99", 1, line.interval_seconds, line.p99)}};
}

Chart RateTimeChart(const RunSummary& run) {
  const TimelineFigures& line = run.timeline;
  Chart chart{"Rate over time",
              TimeAxis(),
              {"requests/s", PerSecondText, false},
              {LineOverTime("answers", 0, line.interval_seconds, line.requests_per_second)}};
  if (run.failed() > 0) {
    chart.series.push_back(
        LineOverTime("failures", 3, line.interval_seconds, line.failures_per_second));
  }
  if (!run.server.empty()) {
    chart.series.push_back(
        ServerLine("counted by the server", 2, run, &ServerMoment::requests_per_second));
  }
  return chart;
}

Chart ServerTimeChart(const RunSummary& run) {
  return {"In the server over time",
          TimeAxis(),
          LatencyAxis(),
          {ServerLine("queue p50", 0, run, &ServerMoment::queue_p50),
           ServerLine("queue p99", 1, run, &ServerMoment::queue_p99),
           ServerLine("compute p50", 2, run, &ServerMoment::compute_p50),
           ServerLine("compute p99", 3, run, &ServerMoment::compute_p99)}};
}

std::string ActivationBars(const RunSummary& run) {
  double all = 0;
  for (const ActivationTime& one : run.activations) all += one.seconds;
  std::string html;
  for (const ActivationTime& one : run.activations) {
    const double share = one.seconds / all;
    html += fmt::format(
        "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"w\"><i "
        "class=\"b0\" style=\"width:{:.1f}%\"></i></td></tr>",
        Escaped(one.name), FormatSeconds(one.seconds), FormatPercent(share), share * 100);
  }
  if (html.empty()) return "";
  return fmt::format(
      "<figure><h3>Share of every activation</h3><table><tr><th>activation</th><th "
      "class=\"n\">time</th><th class=\"n\">share</th><th></th></tr>{}</table><figcaption>Elements "
      "times the measured time of one, on one core.</figcaption></figure>\n",
      html);
}

}  // namespace hillock::client
