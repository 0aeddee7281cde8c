// SPDX-License-Identifier: Apache-2.0
#include "client/report/load_report.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

#include "client/report/stats_report.h"
#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

using nlohmann::ordered_json;

struct Percentile {
  double q;
  const char* name;
};

constexpr std::array<Percentile, 5> kPercentiles{
    {{0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}, {0.999, "p99.9"}, {0.9999, "p99.99"}}};

const char* NameOf(Arrivals arrivals) {
  return arrivals == Arrivals::kPoisson ? "poisson" : "constant";
}

std::string NameOf(absl::StatusCode code) { return absl::StatusCodeToString(code); }

std::string Counted(size_t count, const char* noun) {
  return fmt::format("{} {}{}", FormatCount(static_cast<double>(count)), noun,
                     count == 1 ? "" : "s");
}

double SecondsOf(const LoadReport& report, const LoadRun& run) {
  return run.interrupted ? ToSeconds(run.tally.elapsed()) : report.seconds;
}

double PerSecond(const LoadReport& report, const LoadRun& run, const Outcome& outcome) {
  return static_cast<double>(outcome.in_time) / SecondsOf(report, run);
}

// A request that was refused brought no rows.
double RowsPerSecond(const LoadReport& report, const LoadRun& run, absl::StatusCode code,
                     const Outcome& outcome) {
  if (code != absl::StatusCode::kOk) return 0;
  return PerSecond(report, run, outcome) * static_cast<double>(report.rows);
}

std::string Heading(const LoadReport& report) {
  std::string text = fmt::format(
      "{}: {} a request, {}, {}, {:g} s after {:g} s of warm-up", Printable(report.model),
      Counted(report.rows, "row"), Counted(report.connections, "connection"),
      Counted(report.threads, "thread"), report.seconds, report.warm_up_seconds);
  if (report.deadline_seconds > 0) {
    text += fmt::format(", deadline {}", FormatSeconds(report.deadline_seconds));
  }
  if (report.open) {
    text += fmt::format("\nopen loop: {} requests/s, {} arrivals", FormatCount(report.open->rate),
                        NameOf(report.open->arrivals));
  }
  return text + "\n\n";
}

Table EmptyTable() {
  std::vector<Column> columns{{"outstanding", Align::kRight},
                              {"code"},
                              {"requests", Align::kRight},
                              {"requests/s", Align::kRight},
                              {"rows/s", Align::kRight}};
  for (const Percentile& percentile : kPercentiles) {
    columns.push_back({percentile.name, Align::kRight});
  }
  columns.push_back({"max", Align::kRight});
  columns.push_back({"mean", Align::kRight});
  return Table(std::move(columns));
}

void AddRow(const LoadReport& report, const LoadRun& run, absl::StatusCode code,
            const Outcome& outcome, Table& table) {
  std::vector<std::string> cells{std::to_string(run.outstanding), NameOf(code),
                                 FormatCount(static_cast<double>(outcome.count())),
                                 FormatCount(PerSecond(report, run, outcome)),
                                 FormatCount(RowsPerSecond(report, run, code, outcome))};
  for (const Percentile& percentile : kPercentiles) {
    cells.push_back(FormatSeconds(outcome.latencies.QuantileSeconds(percentile.q)));
  }
  cells.push_back(FormatSeconds(outcome.latencies.MaxSeconds()));
  cells.push_back(FormatSeconds(outcome.latencies.MeanSeconds()));
  table.AddRow(std::move(cells));
}

// What the first request of each failure said.
std::string Messages(const LoadTally& tally) {
  std::string text;
  for (const auto& [code, outcome] : tally.outcomes()) {
    if (code == absl::StatusCode::kOk) continue;
    text += fmt::format("{}: {}\n", NameOf(code), Printable(outcome.message));
  }
  return text;
}

std::string LateText(const LoadTally& tally) {
  return fmt::format("sent late (over {}): {}; the latest {} behind; never sent: {}\n",
                     FormatSeconds(ToSeconds(Schedule::kLate)),
                     FormatCount(static_cast<double>(tally.late())),
                     FormatSeconds(ToSeconds(tally.most_behind())),
                     FormatCount(static_cast<double>(tally.unsent())));
}

std::string RetryText(const LoadTally& tally) {
  if (tally.retries() == 0) return "";
  return fmt::format("sent again, as the server had not looked at them: {}\n",
                     FormatCount(static_cast<double>(tally.retries())));
}

std::string InterruptedText(const LoadReport& report, const LoadRun& run) {
  if (!run.interrupted) return "";
  return fmt::format("interrupted after {} of {:g} s with {} outstanding\n",
                     FormatSeconds(SecondsOf(report, run)), report.seconds, run.outstanding);
}

ordered_json ToJson(const LatencyHistogram& latencies) {
  ordered_json json;
  for (const Percentile& p : kPercentiles) json[p.name] = latencies.QuantileSeconds(p.q);
  json["max"] = latencies.MaxSeconds();
  json["mean"] = latencies.MeanSeconds();
  return json;
}

ordered_json ToJson(const LoadReport& report, const LoadRun& run) {
  ordered_json codes = ordered_json::object();
  for (const auto& [code, outcome] : run.tally.outcomes()) {
    codes[NameOf(code)] = {{"requests", outcome.count()},
                           {"requests_per_second", PerSecond(report, run, outcome)},
                           {"rows_per_second", RowsPerSecond(report, run, code, outcome)},
                           {"latency_seconds", ToJson(outcome.latencies)}};
    if (code != absl::StatusCode::kOk) codes[NameOf(code)]["message"] = outcome.message;
  }
  ordered_json json{{"outstanding", run.outstanding}, {"requests", run.tally.count()}};
  if (run.tally.retries() > 0) json["sent_again"] = run.tally.retries();
  if (run.interrupted) json["interrupted_after_seconds"] = SecondsOf(report, run);
  if (report.open) {
    json["late_sends"] = run.tally.late();
    json["latest_send_seconds"] = ToSeconds(run.tally.most_behind());
    json["never_sent"] = run.tally.unsent();
  }
  json["codes"] = std::move(codes);
  if (run.server) json["server"] = StatsJson(*run.server);
  return json;
}

}  // namespace

std::string LoadText(const LoadReport& report) {
  Table table = EmptyTable();
  std::string below;
  for (const LoadRun& run : report.runs) {
    for (const auto& [code, outcome] : run.tally.outcomes()) {
      AddRow(report, run, code, outcome, table);
    }
    if (report.open) below += LateText(run.tally);
    below += RetryText(run.tally) + Messages(run.tally) + InterruptedText(report, run);
    if (!run.server) continue;
    below += fmt::format("\nthe server's metrics, {} outstanding:\n\n{}", run.outstanding,
                         StatsTables(*run.server));
  }
  return Heading(report) + table.Render() + below;
}

ordered_json LoadJson(const LoadReport& report) {
  ordered_json json{{"model", report.model},
                    {"rows_per_request", report.rows},
                    {"connections", report.connections},
                    {"threads", report.threads}};
  if (report.open) {
    json["rate"] = report.open->rate;
    json["arrivals"] = NameOf(report.open->arrivals);
  }
  if (report.deadline_seconds > 0) json["deadline_seconds"] = report.deadline_seconds;
  json["seconds"] = report.seconds;
  json["warm_up_seconds"] = report.warm_up_seconds;
  json["runs"] = ordered_json::array();
  for (const LoadRun& run : report.runs) json["runs"].push_back(ToJson(report, run));
  return json;
}

std::string ProgressText(const LoadProgress& progress, double seconds) {
  const double elapsed = std::chrono::duration<double>(progress.elapsed).count();
  return fmt::format("{:.1f} of {:g} s  {} requests/s", elapsed, seconds,
                     FormatCount(static_cast<double>(progress.answered) / elapsed));
}

absl::Status CheckSucceeded(const LoadReport& report) {
  for (const LoadRun& run : report.runs) {
    if (run.tally.count(absl::StatusCode::kOk) > 0) continue;
    std::string why = run.tally.count() == 0 ? " none was sent" : "";
    for (const auto& [code, outcome] : run.tally.outcomes()) {
      why += fmt::format(" {} {} ({})", outcome.count(), NameOf(code), outcome.message);
    }
    return absl::UnavailableError(
        fmt::format("no request succeeded with {} outstanding:{}", run.outstanding, why));
  }
  return absl::OkStatus();
}

}  // namespace hillock::client
