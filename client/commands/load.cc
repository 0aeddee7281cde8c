// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "client/api/model_input.h"
#include "client/cli/command.h"
#include "client/cli/interrupt.h"
#include "client/cli/progress_line.h"
#include "client/load/generator.h"
#include "client/load/requests.h"
#include "client/load/sweep.h"
#include "client/metrics/scrape.h"
#include "client/metrics/stats.h"
#include "client/report/load_report.h"
#include "client/rows/rows.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr size_t kMaxRows = 1'000'000'000;
constexpr size_t kMaxRequestFloats = size_t{1} << 28;  // 1 GiB; protobuf ends at 2
constexpr size_t kMaxConnections = 10'000;
constexpr size_t kMaxThreads = 256;
constexpr size_t kMaxBurst = 1024;
constexpr double kMinRate = 0.001;
constexpr double kMaxRate = 1e7;
constexpr double kMinSeconds = 0.001;
constexpr double kMaxSeconds = 86'400;
constexpr int64_t kMaxDeadline = 86'400'000;
constexpr char kClosedOutstanding[] = "16";
constexpr char kOpenOutstanding[] = "1024";

struct LoadFlags {
  ServerFlags server;
  ModelFlags model;
  std::string input;  // empty: random rows
  std::string label_column;
  std::string metrics;      // empty: do not ask
  std::string outstanding;  // empty: by the kind of loop
  size_t rows = 1;
  size_t connections = 4;
  size_t threads = 1;
  size_t burst = LoadPlan().burst;
  double rate = 0;  // 0: a closed loop
  Arrivals arrivals = Arrivals::kConstant;
  uint64_t seed = 1;
  int64_t deadline_ms = 0;  // 0: none
  double seconds = 10;
  double warm_up_seconds = 1;
  bool json = false;

  std::vector<size_t> Sweep() const {
    const char* const usual = rate > 0 ? kOpenOutstanding : kClosedOutstanding;
    return *ParseSweep(outstanding.empty() ? usual : outstanding);
  }
};

std::chrono::nanoseconds Nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

absl::StatusOr<Rows> MakeRows(const LoadFlags& flags, size_t width) {
  if (flags.rows > kMaxRequestFloats / width) {
    return absl::InvalidArgumentError(
        fmt::format("--rows {}: got {} floats a request, want at most {}", flags.rows,
                    flags.rows * width, kMaxRequestFloats));
  }
  if (flags.input.empty()) return UniformRows(width, flags.rows, flags.seed);
  return ReadRows(flags.input, {width, LabelColumn::FromFlag(flags.label_column)});
}

absl::StatusOr<std::vector<std::string>> PrepareRequests(const Client& client,
                                                         const LoadFlags& flags) {
  const auto& name = flags.model.name;
  const std::string version = flags.model.VersionText();
  HILLOCK_ASSIGN_OR_RETURN(const auto metadata, client.ModelMetadata(name, version));
  HILLOCK_ASSIGN_OR_RETURN(const ModelInput model, OnlyInput(metadata));
  HILLOCK_ASSIGN_OR_RETURN(const Rows rows, MakeRows(flags, model.width));
  return MakeRequests({name, version, model.name, rows.width, rows.values}, flags.rows);
}

LoadPlan MakePlan(const LoadFlags& flags, std::vector<std::string> requests) {
  LoadPlan plan;
  plan.endpoint = flags.server.endpoint;
  plan.requests = std::move(requests);
  plan.connections = flags.connections;
  plan.threads = flags.threads;
  plan.burst = flags.burst;
  plan.deadline = std::chrono::milliseconds(flags.deadline_ms);
  plan.patience = flags.server.timeout.Deadline();
  if (flags.rate > 0) plan.open = OpenLoad{flags.rate, flags.arrivals, flags.seed};
  return plan;
}

// Empty without --metrics.
absl::StatusOr<Metrics> ReadMetrics(const LoadFlags& flags) {
  if (flags.metrics.empty()) return Metrics();
  HILLOCK_ASSIGN_OR_RETURN(Reading reading, Scrape(flags.metrics, flags.server.timeout.Deadline()));
  return std::move(reading.metrics);
}

absl::Status CheckConnected(LoadGenerator& generator) {
  const size_t lost = generator.CountLost();
  if (lost == 0) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{}: {} of {} connections are lost at the end",
                                            generator.plan().endpoint.target, lost,
                                            generator.plan().connections));
}

bool IsStopped(const LoadPlan& plan) { return plan.stop != nullptr && plan.stop->load(); }

absl::Status CheckWhole(const LoadReport& report) {
  if (!report.runs.back().interrupted) return absl::OkStatus();
  return absl::CancelledError(fmt::format("interrupted after {:.3g} of {:g} s",
                                          ToSeconds(report.runs.back().tally.elapsed()),
                                          report.seconds));
}

// Appends the run to the report also when the server is gone after it, or it was interrupted.
absl::Status RunOnce(const LoadFlags& flags, const LoadPlan& plan, const ProgressLine& line,
                     LoadReport& report) {
  const auto show = [&](const char* phase, double seconds) {
    return [&line, phase, seconds, n = plan.outstanding](const LoadProgress& progress) {
      line.Show(fmt::format("{}, {} outstanding: {}", phase, n, ProgressText(progress, seconds)));
    };
  };
  HILLOCK_ASSIGN_OR_RETURN(const auto generator, LoadGenerator::Connect(plan));
  if (flags.warm_up_seconds > 0) {
    generator->Run(Nanoseconds(flags.warm_up_seconds), show("warm-up", flags.warm_up_seconds));
  }
  HILLOCK_ASSIGN_OR_RETURN(const Metrics before, ReadMetrics(flags));
  if (IsStopped(plan)) return absl::CancelledError("interrupted before the measurement");
  const auto duration = Nanoseconds(flags.seconds);
  LoadTally tally = generator->Run(duration, show("load", flags.seconds));
  const bool interrupted = tally.elapsed() < duration.count();
  report.runs.push_back({plan.outstanding, std::move(tally), std::nullopt, interrupted});
  HILLOCK_RETURN_IF_ERROR(CheckConnected(*generator));
  HILLOCK_ASSIGN_OR_RETURN(Metrics after, ReadMetrics(flags));
  if (!flags.metrics.empty()) {
    report.runs.back().server = Summarize(Since(before, std::move(after)));
  }
  return CheckWhole(report);
}

absl::Status RunSweep(const LoadFlags& flags, LoadPlan plan, std::ostream* terminal,
                      LoadReport& report) {
  const ProgressLine line(flags.json ? nullptr : terminal);
  for (const size_t outstanding : flags.Sweep()) {
    plan.outstanding = outstanding;
    HILLOCK_RETURN_IF_ERROR(RunOnce(flags, plan, line, report));
  }
  return CheckSucceeded(report);
}

absl::Status Load(const LoadFlags& flags, const Console& console) {
  HILLOCK_ASSIGN_OR_RETURN(const Client client, Connect(flags.server));
  HILLOCK_ASSIGN_OR_RETURN(auto requests, PrepareRequests(client, flags));
  LoadPlan plan = MakePlan(flags, std::move(requests));
  const Interrupt interrupt;
  plan.stop = &interrupt.flag();
  LoadReport report{flags.model.name,
                    flags.rows,
                    flags.connections,
                    flags.threads,
                    plan.open,
                    static_cast<double>(flags.deadline_ms) / 1000,
                    flags.seconds,
                    flags.warm_up_seconds,
                    {}};
  const absl::Status status = RunSweep(flags, std::move(plan), console.progress, report);
  if (report.runs.empty()) return status;
  if (flags.json) {
    WriteJson(console.out, LoadJson(report));
  } else {
    console.out << LoadText(report);
  }
  return status;
}

std::string SweepError(const std::string& text) {
  return std::string(ParseSweep(text).status().message());
}

void CheckTogether(const LoadFlags& flags) {
  if (flags.rate > 0 && flags.Sweep().size() > 1) {
    throw CLI::ValidationError(
        "--outstanding", fmt::format("got {} with --rate, want one number", flags.outstanding));
  }
  if (flags.threads > flags.connections) {
    throw CLI::ValidationError(
        "--threads", fmt::format("got {} for {} connections, want at least one each", flags.threads,
                                 flags.connections));
  }
}

void AddLoopFlags(CLI::App& command, LoadFlags& flags) {
  command.add_option("--connections", flags.connections, "connections to the server")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxConnections));
  command
      .add_option("--outstanding", flags.outstanding,
                  fmt::format("requests that each connection keeps in flight; a list such as "
                              "1,4,16 runs one after the other; with --rate the most that may be "
                              "in flight ({} when not given, with --rate {})",
                              kClosedOutstanding, kOpenOutstanding))
      ->check(CLI::Validator(SweepError, "", "sweep"));
  auto* const rate =
      command
          .add_option("--rate", flags.rate,
                      "open loop: send so many requests a second, whatever the answers; latency "
                      "counts from the time when a request should have been sent")
          ->check(NumberFrom(kMinRate, kMaxRate));
  static const std::map<std::string, Arrivals> kArrivals = {{"constant", Arrivals::kConstant},
                                                            {"poisson", Arrivals::kPoisson}};
  command
      .add_option("--arrivals", flags.arrivals,
                  "constant (evenly spaced, the default) or poisson (exponential gaps)")
      ->transform(CLI::CheckedTransformer(kArrivals).description(""))
      ->needs(rate);
  command
      .add_option(
          "--burst", flags.burst,
          "most requests of a connection that leave in one write when several are due; 1: "
          "sent by gRPC's C++ client, each on its own, for comparison with ordinary clients")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxBurst));
  command.add_option("--threads", flags.threads, "threads that send, sharing the connections")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxThreads));
}

void AddRequestFlags(CLI::App& command, LoadFlags& flags) {
  AddVersionFlag(command, flags.model);
  command.add_option("--rows", flags.rows, "rows in one request")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, kMaxRows));
  command.add_option("--input", flags.input,
                     "CSV, JSON or NPY file of rows; - is standard input; random rows when not "
                     "given");
  command.add_option("--label-column", flags.label_column,
                     "CSV column that is no feature: a name of the header, last or none");
  command.add_option("--seed", flags.seed, "seed of random rows and arrivals")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command.add_option("--deadline", flags.deadline_ms, "milliseconds that each request may take")
      ->check(CLI::Range(int64_t{1}, kMaxDeadline));
}

void AddTimeFlags(CLI::App& command, LoadFlags& flags) {
  command.add_option("--duration", flags.seconds, "seconds to measure")
      ->capture_default_str()
      ->check(NumberFrom(kMinSeconds, kMaxSeconds));
  command.add_option("--warm-up", flags.warm_up_seconds, "seconds of load before that")
      ->capture_default_str()
      ->check(NumberFrom(0, kMaxSeconds));
}

}  // namespace

void AddLoad(CLI::App& app, Command& chosen) {
  const auto flags = std::make_shared<LoadFlags>();
  CLI::App* const command = app.add_subcommand(
      "load", "load a model with requests, and tell throughput and latency percentiles");
  AddModelName(*command, flags->model);
  AddLoopFlags(*command, *flags);
  AddRequestFlags(*command, *flags);
  AddTimeFlags(*command, *flags);
  AddMetricsFlag(*command, flags->metrics,
                 "HOST:PORT that serves /metrics: also tell what they say of the same time");
  AddServerFlags(*command, flags->server);
  command->add_flag("--json", flags->json, "print one JSON object");
  command->callback([flags, &chosen] {
    CheckTogether(*flags);
    chosen = [flags](const Console& console) { return Load(*flags, console); };
  });
}

}  // namespace hillock::client
