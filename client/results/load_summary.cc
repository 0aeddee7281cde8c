// SPDX-License-Identifier: Apache-2.0
#include "client/results/load_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "client/text/units.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

double NumberOf(const Json& json) { return json.is_null() ? kNothing : json.get<double>(); }

double NumberAt(const Json& json, const char* name, double otherwise) {
  const auto found = json.find(name);
  return found == json.end() ? otherwise : NumberOf(*found);
}

std::vector<double> NumbersAt(const Json& json, const char* name) {
  std::vector<double> numbers;
  std::ranges::transform(json.at(name), std::back_inserter(numbers), NumberOf);
  return numbers;
}

TimelineFigures TimelineOf(const Json& json) {
  TimelineFigures line{
      json.at("interval_seconds").get<double>(), NumbersAt(json, "requests_per_second"),
      NumbersAt(json, "failures_per_second"), NumbersAt(json, "p50"), NumbersAt(json, "p99")};
  const size_t count = line.requests_per_second.size();
  for (auto* const numbers : {&line.failures_per_second, &line.p50, &line.p99}) {
    numbers->resize(count, kNothing);
  }
  return line;
}

ServerMoment MomentOf(const Json& json) {
  return {json.at("at").get<double>(),
          NumberAt(json, "requests_per_second", kNothing),
          NumberAt(json, "queue_p50", kNothing),
          NumberAt(json, "queue_p99", kNothing),
          NumberAt(json, "compute_p50", kNothing),
          NumberAt(json, "compute_p99", kNothing)};
}

// Elements times the measured time of one; of those that were never timed nothing is known.
std::vector<ActivationTime> ActivationsOf(const Json& server) {
  std::vector<ActivationTime> times;
  for (const Json& one : server.at("activations")) {
    const double seconds =
        NumberAt(one, "elements", 0) * NumberAt(one, "ns_per_element", kNothing) / 1e9;
    if (!(seconds > 0)) continue;
    times.push_back({fmt::format("{} ({})", one.at("activation").get<std::string>(),
                                 one.at("backend").get<std::string>()),
                     seconds});
  }
  std::ranges::stable_sort(times, std::ranges::greater(), &ActivationTime::seconds);
  return times;
}

void ReadCodes(const Json& codes, RunSummary& run) {
  for (const auto& [code, json] : codes.items()) {
    if (code != "OK") {
      run.failures[code] = json.at("requests").get<double>();
      continue;
    }
    run.requests_per_second = NumberOf(json.at("requests_per_second"));
    run.rows_per_second = NumberOf(json.at("rows_per_second"));
    for (const auto& [name, seconds] : json.at("latency_seconds").items()) {
      run.latency[name] = NumberOf(seconds);
    }
  }
}

RunSummary RunOf(const Json& json) {
  RunSummary run;
  run.outstanding = json.at("outstanding").get<double>();
  run.rate = NumberAt(json, "rate", 0);
  run.name = run.rate > 0 ? FormatCount(run.rate) + " requests/s"
                          : FormatCount(run.outstanding) + " outstanding";
  run.seconds = NumberOf(json.at("seconds"));
  run.requests = NumberOf(json.at("requests"));
  ReadCodes(json.at("codes"), run);
  for (const Json& bar : json.at("distribution")) {
    run.distribution.push_back({NumberOf(bar.at(0)), NumberOf(bar.at(1)), NumberOf(bar.at(2))});
  }
  run.timeline = TimelineOf(json.at("timeline"));
  if (const auto line = json.find("server_timeline"); line != json.end()) {
    std::ranges::transform(*line, std::back_inserter(run.server), MomentOf);
  }
  if (const auto server = json.find("server"); server != json.end()) {
    run.activations = ActivationsOf(*server);
  }
  return run;
}

void AddText(const Json& json, const char* name, LoadSummary& summary) {
  const auto found = json.find(name);
  if (found != json.end()) summary.facts.emplace_back(name, found->get<std::string>());
}

void AddNumber(const Json& json, const char* name, const char* title, LoadSummary& summary) {
  const auto found = json.find(name);
  if (found == json.end()) return;
  summary.facts.emplace_back(title, FormatNumber(NumberOf(*found)));
}

LoadSummary SummaryOf(const Json& json, const std::string& source) {
  LoadSummary summary;
  summary.source = source;
  summary.model = json.at("model").get<std::string>();
  for (const char* const name : {"command", "machine", "server", "date"}) {
    AddText(json, name, summary);
  }
  AddNumber(json, "rows_per_request", "rows a request", summary);
  AddNumber(json, "connections", "connections", summary);
  AddNumber(json, "threads", "threads", summary);
  AddText(json, "arrivals", summary);
  AddNumber(json, "seconds", "seconds a run", summary);
  AddNumber(json, "warm_up_seconds", "seconds of warm-up", summary);
  if (const auto search = json.find("search"); search != json.end()) {
    summary.max_p99 = search->at("max_p99_seconds").get<double>();
    summary.found_rate = search->at("found").get<double>();
  }
  std::ranges::transform(json.at("runs"), std::back_inserter(summary.runs), RunOf);
  return summary;
}

}  // namespace

double RunSummary::failed() const {
  double sum = 0;
  for (const auto& [code, count] : failures) sum += count;
  return sum;
}

double RunSummary::Latency(const std::string& which) const {
  const auto found = latency.find(which);
  return found == latency.end() ? kNothing : found->second;
}

// The library reports what is missing by throwing.
absl::StatusOr<LoadSummary> SummarizeLoad(const Json& report, const std::string& source) {
  try {
    return SummaryOf(report, source);
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(
        fmt::format("{}: got {}, want what `hillock load --json` prints", source, error.what()));
  }
}

absl::StatusOr<LoadSummary> ParseLoadReport(std::string_view text, const std::string& source) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: got no JSON, want what `hillock load --json` prints", source));
  }
  return SummarizeLoad(json, source);
}

}  // namespace hillock::client
