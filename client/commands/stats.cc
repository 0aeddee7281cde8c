// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/stats.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "client/cli/command.h"
#include "client/metrics/metrics_text.h"
#include "client/metrics/scrape.h"
#include "client/report/stats_report.h"
#include "client/rows/file.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

struct StatsFlags {
  std::string metrics = "127.0.0.1:8002";
  std::string since;
  std::string save;
  TimeoutFlag timeout;
  bool json = false;
};

// `now` less the reading that --since names.
absl::StatusOr<Metrics> Interval(const StatsFlags& flags, Metrics now) {
  if (flags.since.empty()) return now;
  HILLOCK_ASSIGN_OR_RETURN(const std::string text, ReadWhole(flags.since));
  const absl::StatusOr<Metrics> earlier = ParseMetrics(text);
  if (!earlier.ok()) return Annotate(earlier.status(), flags.since);
  return Since(*earlier, std::move(now));
}

absl::Status ShowStats(const StatsFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(Reading now, Scrape(flags.metrics, flags.timeout.Deadline()));
  HILLOCK_ASSIGN_OR_RETURN(const Metrics interval, Interval(flags, std::move(now.metrics)));
  if (!flags.save.empty()) HILLOCK_RETURN_IF_ERROR(WriteWhole(flags.save, now.text));
  const Stats stats = Summarize(interval);
  if (flags.json) {
    WriteJson(console.out, StatsJson(stats));
  } else {
    console.out << StatsTables(stats);
  }
  return absl::OkStatus();
}

}  // namespace

void AddStats(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<StatsFlags>();
  CLI::App* const command =
      app.add_subcommand("stats", "what each activation and each model cost, from the metrics");
  AddMetricsFlag(*command, flags->metrics, "HOST:PORT that serves /metrics")->capture_default_str();
  command->add_option("--since", flags->since,
                      "file of an earlier --save: show what came after it");
  command->add_option("--save", flags->save, "file to keep this reading in");
  AddTimeoutFlag(*command, flags->timeout, "seconds that the reading may take");
  command->add_flag("--json", flags->json, "print one JSON object");
  command->callback([flags, &chosen] {
    chosen = [flags](const Console& console) { return ShowStats(*flags, console); };
  });
}

}  // namespace hillock::client
