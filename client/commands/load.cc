// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "client/cli/command.h"
#include "client/cli/interrupt.h"
#include "client/cli/progress_line.h"
#include "client/commands/load_flags.h"
#include "client/commands/load_output.h"
#include "client/commands/load_session.h"
#include "client/load/sweep.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr size_t kMaxRows = 1'000'000'000;
constexpr size_t kMaxConnections = 10'000;
constexpr size_t kMaxThreads = 256;
constexpr size_t kMaxBurst = 1024;
constexpr size_t kMaxWindows = 1000;
constexpr uint64_t kMaxRequests = 1'000'000'000'000;
constexpr double kMinSeconds = 0.001;
constexpr double kMaxSeconds = 86'400;
constexpr int64_t kMaxDeadline = 86'400'000;

absl::Status Load(const LoadFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(LoadRequests requests, PrepareRequests(flags));
  HILLOCK_ASSIGN_OR_RETURN(LoadPlan plan, PlanOf(flags, std::move(requests)));
  HILLOCK_RETURN_IF_ERROR(CheckFiles(flags));
  const Interrupt interrupt;
  plan.stop = &interrupt.flag();
  LoadReport report = ReportOf(flags, plan);
  absl::Status status;
  {
    const ProgressLine line(flags.json ? nullptr : console.progress);
    status = LoadSession(flags, std::move(plan), line, console.look.charset, report).Run();
  }
  if (report.runs.empty()) return status;
  const absl::Status written = WriteReport(flags, report, console);
  return status.ok() ? written : status;
}

std::string SweepError(const std::string& text) {
  return std::string(ParseSweep(text).status().message());
}

std::string RatesError(const std::string& text) {
  return std::string(ParseRates(text).status().message());
}

std::string WeightsError(const std::string& text) {
  return std::string(ParseWeights(text).status().message());
}

void CheckTogether(const LoadFlags& flags) {
  const std::string wrong = flags.Contradiction();
  if (wrong.empty()) return;
  const size_t colon = wrong.find(": ");
  throw CLI::ValidationError(wrong.substr(0, colon), wrong.substr(colon + 2));
}

void AddConnectionFlags(CLI::App& command, LoadFlags& flags) {
  command.add_option("--connections", flags.connections, "connections to the server")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxConnections));
  command
      .add_option("--outstanding", flags.outstanding,
                  "requests that each connection keeps in flight; a list such as 1,4,16 runs one "
                  "after the other; in an open loop the most that may be in flight (16 when not "
                  "given, 1024 in an open loop)")
      ->check(CLI::Validator(SweepError, "", "sweep"));
  command
      .add_option(
          "--burst", flags.burst,
          "most requests of a connection that leave in one write when several are due; 1: "
          "sent by gRPC's C++ client, each on its own, for comparison with ordinary clients")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxBurst));
  command.add_flag("--stream", flags.stream,
                   "send over one ModelStreamInfer call a connection, with gRPC's C++ client");
  command.add_option("--threads", flags.threads, "threads that send, sharing the connections")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxThreads));
}

void AddRateFlags(CLI::App& command, LoadFlags& flags) {
  auto* const rate =
      command
          .add_option("--rate", flags.rate,
                      "open loop: send so many requests a second, whatever the answers; latency "
                      "counts from the time when a request should have been sent; 1000,2000 or "
                      "LOW:HIGH:STEP runs one rate after the other; LOW:HIGH is for --max-p99")
          ->check(CLI::Validator(RatesError, "", "rates"));
  command
      .add_option("--max-p99", flags.max_p99_ms,
                  "milliseconds: search --rate LOW:HIGH for the highest rate that keeps p99 "
                  "within this")
      ->check(NumberFrom(kMinSeconds, kMaxSeconds * 1000))
      ->needs(rate);
  command
      .add_option("--ramp-from", flags.ramp_from,
                  "begin with so many requests a second, and reach --rate at the end of --duration")
      ->check(NumberFrom(kMinRate, kMaxRate))
      ->needs(rate);
  static const std::map<std::string, Arrivals> kArrivals = {{"constant", Arrivals::kConstant},
                                                            {"poisson", Arrivals::kPoisson}};
  command
      .add_option("--arrivals", flags.arrivals,
                  "constant (evenly spaced, the default) or poisson (exponential gaps)")
      ->transform(CLI::CheckedTransformer(kArrivals).description(""))
      ->needs(rate);
  command.add_option("--trace", flags.trace,
                     "open loop: file with the seconds of a request on every line; requests are "
                     "sent with these gaps");
}

void AddRequestFlags(CLI::App& command, LoadFlags& flags) {
  AddVersionFlag(command, flags.version);
  command
      .add_option("--weights", flags.weights,
                  "of several models, such as 3,1: the first gets three of four requests")
      ->check(CLI::Validator(WeightsError, "", "weights"));
  command.add_option("--rows", flags.rows, "rows in one request")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxRows));
  command
      .add_option("--input", flags.input,
                  "random or zero rows, or a CSV, JSON or NPY file of rows; - is standard input")
      ->capture_default_str();
  command.add_option("--label-column", flags.label_column,
                     "CSV column that is no feature: a name of the header, last or none");
  command.add_option("--seed", flags.seed, "seed of random rows and arrivals")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command.add_flag("--check", flags.check,
                   "send every request alone first, and count answers with other outputs as "
                   "DATA_LOSS; implies --burst 1");
  command.add_option("--expected", flags.expected,
                     "file like --input's, with the columns of the outputs that the rows are to be "
                     "answered with, to 1e-5; implies --check");
  command.add_option("--deadline", flags.deadline_ms, "milliseconds that each request may take")
      ->check(CLI::Range(int64_t{1}, kMaxDeadline));
}

void AddTimeFlags(CLI::App& command, LoadFlags& flags) {
  command
      .add_option("--duration", flags.seconds,
                  "seconds to measure (10 when not given; a trace's own time)")
      ->check(NumberFrom(kMinSeconds, kMaxSeconds));
  command.add_option("--requests", flags.requests, "end each run after so many requests")
      ->check(CLI::Range(uint64_t{1}, kMaxRequests));
  command
      .add_option("--stable", flags.stable_percent,
                  "repeat the measurement until the rates and mean latencies of the last three are "
                  "within so many percent of their mean, and report these three")
      ->check(NumberFrom(0.1, 100));
  command
      .add_option("--max-windows", flags.max_windows, "measurements after which --stable gives up")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxWindows));
  command.add_option("--warm-up", flags.warm_up_seconds, "seconds of load before that")
      ->capture_default_str()
      ->check(NumberFrom(0, kMaxSeconds));
}

void AddReportFlags(CLI::App& command, LoadFlags& flags) {
  AddMetricsFlag(command, flags.metrics,
                 "HOST:PORT that serves /metrics: also tell what they say of the same time");
  command.add_flag("--json", flags.json, "print one JSON object");
  command.add_option("--csv", flags.csv, "also write a line for each run to this file");
  command.add_option("--html", flags.html, "also write a page with charts to this file");
  command
      .add_option("--compare", flags.compare,
                  "BEFORE.json AFTER.json: make no load, but compare two that --json has printed")
      ->expected(2);
}

}  // namespace

void AddLoad(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<LoadFlags>();
  CLI::App* const command = app.add_subcommand(
      "load", "load models with requests, and tell throughput and latency percentiles");
  command->add_option("model", flags->models, "names of models");
  AddConnectionFlags(*command, *flags);
  AddRateFlags(*command, *flags);
  AddRequestFlags(*command, *flags);
  AddTimeFlags(*command, *flags);
  AddReportFlags(*command, *flags);
  AddServerFlags(*command, flags->server);
  command->callback([flags, &chosen] {
    CheckTogether(*flags);
    chosen = [flags](const Console& console) {
      if (!flags->compare.empty()) return CompareReports(*flags, console);
      return Load(*flags, console);
    };
  });
}

}  // namespace hillock::client
