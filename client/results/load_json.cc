// SPDX-License-Identifier: Apache-2.0
#include "client/results/load_json.h"

#include <algorithm>
#include <string>
#include <utility>

#include "client/report/stats_report.h"

namespace hillock::client {
namespace {

using nlohmann::ordered_json;

ordered_json ToJson(const LatencyHistogram& latencies) {
  ordered_json json;
  for (const Percentile& p : kPercentiles) json[p.name] = latencies.QuantileSeconds(p.q);
  json["max"] = latencies.MaxSeconds();
  json["mean"] = latencies.MeanSeconds();
  return json;
}

ordered_json Codes(const LoadReport& report, const LoadRun& run) {
  ordered_json codes = ordered_json::object();
  for (const auto& [code, outcome] : run.tally.outcomes()) {
    ordered_json& json = codes[absl::StatusCodeToString(code)];
    json = {{"requests", outcome.count()},
            {"requests_per_second", PerSecond(report, run, outcome)},
            {"rows_per_second", RowsPerSecond(report, run, code, outcome)},
            {"latency_seconds", ToJson(outcome.latencies)}};
    if (code != absl::StatusCode::kOk) json["message"] = outcome.message;
  }
  return codes;
}

// [[low, high, count], ...]
ordered_json Distribution(const LoadTally& tally) {
  ordered_json bars = ordered_json::array();
  const auto found = tally.outcomes().find(absl::StatusCode::kOk);
  if (found == tally.outcomes().end()) return bars;
  for (const auto& bar : found->second.latencies.Bars()) {
    bars.push_back({bar.low_seconds, bar.high_seconds, bar.count});
  }
  return bars;
}

// An interval that the run ended in counts by the part that it had; one of less than a half is left
// out, as its rate says little.
ordered_json TimelineJson(const LoadTally& tally) {
  const Timeline& line = tally.timeline();
  const double interval = ToSeconds(line.interval());
  ordered_json rate = ordered_json::array();
  ordered_json failed = rate;
  ordered_json median = rate;
  ordered_json tail = rate;
  for (size_t i = 0; i < line.slices().size(); ++i) {
    const double rest = ToSeconds(tally.elapsed()) - static_cast<double>(i) * interval;
    const double part = std::min(interval, rest);
    if (part < interval / 2) break;
    const Timeline::Slice& slice = line.slices()[i];
    rate.push_back(static_cast<double>(slice.answered.count()) / part);
    failed.push_back(static_cast<double>(slice.failed) / part);
    median.push_back(slice.answered.QuantileSeconds(0.5));
    tail.push_back(slice.answered.QuantileSeconds(0.99));
  }
  return {{"interval_seconds", interval},
          {"requests_per_second", std::move(rate)},
          {"failures_per_second", std::move(failed)},
          {"p50", std::move(median)},
          {"p99", std::move(tail)}};
}

ordered_json ToJson(const ServerMoment& moment) {
  return {{"at", moment.at},
          {"requests_per_second", moment.requests_per_second},
          {"queue_p50", moment.queue_p50},
          {"queue_p99", moment.queue_p99},
          {"compute_p50", moment.compute_p50},
          {"compute_p99", moment.compute_p99}};
}

void AddServer(const LoadRun& run, ordered_json& json) {
  if (run.server) json["server"] = StatsJson(*run.server);
  if (run.server_line.empty()) return;
  json["server_timeline"] = ordered_json::array();
  for (const ServerMoment& moment : run.server_line) {
    json["server_timeline"].push_back(ToJson(moment));
  }
}

void AddSchedule(const LoadReport& report, const LoadRun& run, ordered_json& json) {
  if (!report.open) return;
  if (run.rate > 0) json["rate"] = run.rate;
  json["late_sends"] = run.tally.late();
  json["latest_send_seconds"] = ToSeconds(run.tally.most_behind());
  json["never_sent"] = run.tally.unsent();
}

ordered_json ToJson(const LoadReport& report, const LoadRun& run) {
  ordered_json json{{"outstanding", run.outstanding}, {"requests", run.tally.count()}};
  json["seconds"] = SecondsOf(report, run);
  if (run.tally.retries() > 0) json["sent_again"] = run.tally.retries();
  if (run.interrupted) json["interrupted_after_seconds"] = SecondsOf(report, run);
  if (!run.windows.empty()) json["windows"] = run.windows.size();
  if (!run.windows.empty()) json["stable"] = run.stable;
  AddSchedule(report, run, json);
  json["codes"] = Codes(report, run);
  json["distribution"] = Distribution(run.tally);
  json["timeline"] = TimelineJson(run.tally);
  AddServer(run, json);
  return json;
}

void AddOrigin(const LoadOrigin& origin, ordered_json& json) {
  const std::pair<const char*, const std::string&> parts[] = {{"command", origin.command},
                                                              {"machine", origin.machine},
                                                              {"date", origin.date},
                                                              {"server", origin.server}};
  for (const auto& [name, text] : parts) {
    if (!text.empty()) json[name] = text;
  }
}

}  // namespace

ordered_json LoadJson(const LoadReport& report) {
  ordered_json json{{"model", report.model},
                    {"rows_per_request", report.rows},
                    {"connections", report.connections},
                    {"threads", report.threads}};
  AddOrigin(report.origin, json);
  if (report.open) {
    json["rate"] = report.open->rate;
    json["arrivals"] = NameOf(report.open->arrivals);
  }
  if (report.deadline_seconds > 0) json["deadline_seconds"] = report.deadline_seconds;
  json["seconds"] = report.seconds;
  json["warm_up_seconds"] = report.warm_up_seconds;
  if (report.search) {
    json["search"] = {{"max_p99_seconds", report.search->max_p99_seconds},
                      {"found", report.search->found}};
  }
  json["runs"] = ordered_json::array();
  for (const LoadRun& run : report.runs) json["runs"].push_back(ToJson(report, run));
  return json;
}

}  // namespace hillock::client
