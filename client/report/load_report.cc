// SPDX-License-Identifier: Apache-2.0
#include "client/report/load_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "client/report/stats_report.h"
#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

std::string Counted(size_t count, const char* noun) {
  return fmt::format("{} {}{}", FormatCount(static_cast<double>(count)), noun,
                     count == 1 ? "" : "s");
}

std::string AmountText(const LoadReport& report) {
  if (report.max_requests > 0) return Counted(report.max_requests, "request");
  return fmt::format("{:g} s", report.seconds);
}

std::string RateText(const LoadReport& report) {
  if (!report.has_rates()) return FormatCount(report.open->rate) + " requests/s";
  const auto [low, high] = std::ranges::minmax(report.runs, {}, &LoadRun::rate);
  return fmt::format("{} to {} requests/s", FormatCount(low.rate), FormatCount(high.rate));
}

std::string Heading(const LoadReport& report) {
  std::string text =
      fmt::format("{}: {} a request, {}, {}, {} after {:g} s of warm-up", Printable(report.model),
                  Counted(report.rows, "row"), Counted(report.connections, "connection"),
                  Counted(report.threads, "thread"), AmountText(report), report.warm_up_seconds);
  if (report.deadline_seconds > 0) {
    text += fmt::format(", deadline {}", FormatSeconds(report.deadline_seconds));
  }
  if (report.open) {
    text += fmt::format("\nopen loop: {}, {} arrivals", RateText(report),
                        NameOf(report.open->arrivals));
  }
  return text + "\n\n";
}

Table EmptyTable(const LoadReport& report) {
  std::vector<Column> columns{{report.has_rates() ? "rate" : "outstanding", Align::kRight},
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
  std::vector<std::string> cells{
      report.has_rates() ? FormatCount(run.rate) : std::to_string(run.outstanding),
      std::string(absl::StatusCodeToString(code)),
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
    text += fmt::format("{}: {}\n", std::string(absl::StatusCodeToString(code)),
                        Printable(outcome.message));
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

std::string StableText(const LoadRun& run) {
  if (run.windows.empty()) return "";
  return fmt::format("{} after {} windows, {}\n", run.stable ? "stable" : "not stable",
                     run.windows.size(), run.name());
}

std::string FoundText(const LoadReport& report) {
  if (!report.search) return "";
  const std::string bound = FormatSeconds(report.search->max_p99_seconds);
  if (report.search->found == 0) {
    return fmt::format("\nno rate was found that keeps p99 within {}\n", bound);
  }
  return fmt::format("\nhighest rate that keeps p99 within {}: {} requests/s\n", bound,
                     FormatCount(report.search->found));
}

std::string InterruptedText(const LoadReport& report, const LoadRun& run) {
  if (!run.interrupted) return "";
  return fmt::format("interrupted after {} of {:g} s with {}\n",
                     FormatSeconds(SecondsOf(report, run)), report.seconds, run.name());
}

}  // namespace

const char* NameOf(Arrivals arrivals) {
  switch (arrivals) {
    case Arrivals::kConstant:
      return "constant";
    case Arrivals::kPoisson:
      return "poisson";
    case Arrivals::kRamp:
      return "ramp";
    case Arrivals::kTrace:
      return "trace";
  }
  return "";
}

std::string LoadRun::name() const {
  if (rate > 0) return FormatCount(rate) + " requests/s";
  return fmt::format("{} outstanding", outstanding);
}

bool LoadReport::has_rates() const {
  return open && std::ranges::any_of(runs, [&](const LoadRun& run) {
           return run.rate > 0 && run.rate != runs.front().rate;
         });
}

double SecondsOf(const LoadReport& report, const LoadRun& run) {
  return run.tally.elapsed() > 0 ? ToSeconds(run.tally.elapsed()) : report.seconds;
}

double PerSecond(const LoadReport& report, const LoadRun& run, const Outcome& outcome) {
  return static_cast<double>(outcome.in_time) / SecondsOf(report, run);
}

double RowsPerSecond(const LoadReport& report, const LoadRun& run, absl::StatusCode code,
                     const Outcome& outcome) {
  if (code != absl::StatusCode::kOk) return 0;
  return PerSecond(report, run, outcome) * static_cast<double>(report.rows);
}

std::string LoadText(const LoadReport& report) {
  Table table = EmptyTable(report);
  std::string below;
  for (const LoadRun& run : report.runs) {
    for (const auto& [code, outcome] : run.tally.outcomes()) {
      AddRow(report, run, code, outcome, table);
    }
    if (report.open) below += LateText(run.tally);
    below +=
        StableText(run) + RetryText(run.tally) + Messages(run.tally) + InterruptedText(report, run);
    if (!run.server) continue;
    below += fmt::format("\nthe server's metrics, {}:\n\n{}", run.name(), StatsTables(*run.server));
  }
  return Heading(report) + table.Render() + below + FoundText(report);
}

absl::Status CheckSucceeded(const LoadReport& report) {
  for (const LoadRun& run : report.runs) {
    if (run.tally.count(absl::StatusCode::kOk) > 0) continue;
    std::string why = run.tally.count() == 0 ? " none was sent" : "";
    for (const auto& [code, outcome] : run.tally.outcomes()) {
      why += fmt::format(" {} {} ({})", outcome.count(),
                         std::string(absl::StatusCodeToString(code)), outcome.message);
    }
    return absl::UnavailableError(fmt::format("no request succeeded with {}:{}", run.name(), why));
  }
  return absl::OkStatus();
}

}  // namespace hillock::client
