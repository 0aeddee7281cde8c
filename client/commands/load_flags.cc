// SPDX-License-Identifier: Apache-2.0
#include "client/commands/load_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "client/api/model_input.h"
#include "client/cli/origin.h"
#include "client/commands/model_interface.h"
#include "client/load/answer_check.h"
#include "client/load/expected_rows.h"
#include "client/load/requests.h"
#include "client/rows/file.h"
#include "client/rows/rows.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr size_t kMaxRequestFloats = size_t{1} << 28;  // 1 GiB; protobuf ends at 2
constexpr char kClosedOutstanding[] = "16";
constexpr char kOpenOutstanding[] = "1024";
constexpr double kUsualSeconds = 10;
constexpr double kLongestSeconds = 86'400;

absl::Status CheckHasNoStrings(const LoadFlags& flags, const ModelInterface& model) {
  for (const InputColumns& input : model.columns) {
    if (input.kind != ElementKind::kString) continue;
    return absl::InvalidArgumentError(fmt::format("--input {}: input {} is of strings, want a file",
                                                  flags.input, Quoted(input.name)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Rows> MakeRows(const LoadFlags& flags, const ModelInterface& model) {
  if (flags.rows > kMaxRequestFloats / model.width) {
    return absl::InvalidArgumentError(
        fmt::format("--rows {}: got {} floats a request, want at most {}", flags.rows,
                    flags.rows * model.width, kMaxRequestFloats));
  }
  if (flags.input != "random" && flags.input != "zero") {
    const RowsOptions options{model.width, LabelColumn::FromFlag(flags.label_column),
                              model.columns};
    HILLOCK_ASSIGN_OR_RETURN(Rows rows, ReadRows(flags.input, options));
    HILLOCK_RETURN_IF_ERROR(CheckElements(model.inputs, rows.width, rows.values));
    return rows;
  }
  HILLOCK_RETURN_IF_ERROR(CheckHasNoStrings(flags, model));
  if (flags.input == "zero") return ZeroRows(model.width);
  return UniformRows(model.columns, flags.rows, flags.seed);
}

absl::StatusOr<std::vector<std::string>> RequestsFor(const Client& client, const LoadFlags& flags,
                                                     const std::string& name) {
  const std::string version = flags.version.VersionText();
  HILLOCK_ASSIGN_OR_RETURN(const ModelInterface model, AskForInterface(client, name, version));
  HILLOCK_ASSIGN_OR_RETURN(const Rows rows, MakeRows(flags, model));
  return MakeRequests({.model = name,
                       .version = version,
                       .input = {},
                       .width = rows.width,
                       .values = rows.values,
                       .inputs = model.inputs,
                       .absent = rows.absent,
                       .words = rows.words},
                      flags.rows);
}

// Pairs of flags that exclude each other: the first that are given are named.
struct Pair {
  bool both;
  const char* text;
};

std::string FirstOf(std::initializer_list<Pair> pairs) {
  for (const Pair& pair : pairs) {
    if (pair.both) return pair.text;
  }
  return "";
}

std::string WrongCounts(const LoadFlags& flags) {
  if (flags.threads > flags.connections) {
    return fmt::format("--threads: got {} for {} connections, want at least one each",
                       flags.threads, flags.connections);
  }
  if (!flags.weights.empty() && ParseWeights(flags.weights)->size() != flags.models.size()) {
    return fmt::format("--weights: got {} for {} models, want one each", flags.weights,
                       flags.models.size());
  }
  return "";
}

std::string WrongRates(const LoadFlags& flags) {
  const Rates rates = flags.rate.empty() ? Rates() : *ParseRates(flags.rate);
  const bool is_search = flags.max_p99_ms > 0;
  return FirstOf({
      {rates.is_range && !is_search,
       "--rate: got LOW:HIGH without --max-p99, want both, or LOW:HIGH:STEP"},
      {is_search && !rates.is_range, "--max-p99: got no range to search, want --rate LOW:HIGH"},
      {flags.ramp_from > 0 && rates.each.size() != 1, "--ramp-from: want one --rate to end at"},
  });
}

std::string WrongLoops(const LoadFlags& flags) {
  const bool has_trace = !flags.trace.empty();
  const bool has_ramp = flags.ramp_from > 0;
  const bool has_file = flags.input != "random" && flags.input != "zero";
  return FirstOf({
      {!flags.expected.empty() && !has_file, "--expected: got no --input of a file, want both"},
      {!flags.expected.empty() && flags.models.size() > 1,
       "--expected: got several models, want one"},
      {flags.is_open() && flags.Sweep().size() > 1,
       "--outstanding: got several with --rate, want one number"},
      {!flags.rate.empty() && has_trace, "--trace: got --rate too, want one of them"},
      {flags.stream && flags.deadline_ms > 0,
       "--stream: got --deadline too, which a stream has none of"},
      {has_ramp && flags.arrivals == Arrivals::kPoisson,
       "--ramp-from: got --arrivals poisson too, want one of them"},
      {flags.stable_percent > 0 && (flags.requests > 0 || has_ramp || has_trace),
       "--stable: got --requests, --ramp-from or --trace too, want one of them"},
  });
}

absl::StatusOr<OpenLoad> OpenLoadOf(const LoadFlags& flags) {
  OpenLoad open{0, flags.arrivals, flags.seed};
  if (!flags.trace.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(const std::string text, ReadWhole(flags.trace));
    HILLOCK_ASSIGN_OR_RETURN(auto times, ParseTrace(text, flags.trace));
    open.arrivals = Arrivals::kTrace;
    open.rate =
        std::max(static_cast<double>(times.size()) / std::max(times.back(), 1e-9), kMinRate);
    open.trace = std::make_shared<const std::vector<double>>(std::move(times));
    return open;
  }
  open.rate = ParseRates(flags.rate)->each.front();
  if (flags.ramp_from > 0) {
    open.arrivals = Arrivals::kRamp;
    open.ramp_from = flags.ramp_from;
    open.ramp_seconds = flags.seconds.value_or(kUsualSeconds);
  }
  return open;
}

absl::StatusOr<ExpectedRows> ReadExpected(const Client& client, const LoadFlags& flags) {
  ExpectedRows expected;
  HILLOCK_ASSIGN_OR_RETURN(
      expected.outputs, AskForOutputs(client, flags.models.front(), flags.version.VersionText()));
  RowsOptions options{.label_column = LabelColumn::FromFlag("none"), .inputs = expected.outputs};
  for (const InputColumns& output : expected.outputs) options.width += output.width;
  HILLOCK_ASSIGN_OR_RETURN(expected.rows, ReadRows(flags.expected, options));
  return expected;
}

// What every request is answered with when it is sent alone, which must be what a file expects.
absl::StatusOr<std::vector<std::string>> ContentsAlone(const Client& client, const LoadFlags& flags,
                                                       std::span<const std::string> requests) {
  HILLOCK_ASSIGN_OR_RETURN(const auto answers, AnswersAlone(flags.server.endpoint, requests,
                                                            flags.server.timeout.Deadline()));
  if (!flags.expected.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(const ExpectedRows expected, ReadExpected(client, flags));
    HILLOCK_RETURN_IF_ERROR(Annotate(CheckExpected(expected, flags.rows, answers), flags.expected));
  }
  std::vector<std::string> contents;
  for (const auto& answer : answers) contents.push_back(ContentsOf(answer));
  return contents;
}

}  // namespace

std::vector<size_t> LoadFlags::Sweep() const {
  const char* const usual = is_open() ? kOpenOutstanding : kClosedOutstanding;
  return *ParseSweep(outstanding.empty() ? usual : outstanding);
}

std::string LoadFlags::ModelText() const { return fmt::format("{}", fmt::join(models, ", ")); }

std::string LoadFlags::Contradiction() const {
  if (!compare.empty()) {
    return models.empty() ? "" : "--compare: got a model too, want only two files";
  }
  if (models.empty()) return "model: got none, want the name of a model";
  for (const auto& wrong : {WrongRates(*this), WrongLoops(*this), WrongCounts(*this)}) {
    if (!wrong.empty()) return wrong;
  }
  return "";
}

absl::StatusOr<LoadRequests> PrepareRequests(const LoadFlags& flags) {
  HILLOCK_ASSIGN_OR_RETURN(const Client client, Connect(flags.server));
  LoadRequests all;
  std::vector<size_t> counts;
  for (const std::string& name : flags.models) {
    HILLOCK_ASSIGN_OR_RETURN(auto requests, RequestsFor(client, flags, name));
    counts.push_back(requests.size());
    std::ranges::move(requests, std::back_inserter(all.requests));
  }
  if (flags.checks()) {
    HILLOCK_ASSIGN_OR_RETURN(all.expected, ContentsAlone(client, flags, all.requests));
  }
  if (counts.size() == 1) return all;
  all.order = WeightedOrder(counts, flags.weights.empty() ? std::vector<uint32_t>(counts.size(), 1)
                                                          : *ParseWeights(flags.weights));
  return all;
}

absl::StatusOr<LoadPlan> PlanOf(const LoadFlags& flags, LoadRequests requests) {
  LoadPlan plan;
  plan.endpoint = flags.server.endpoint;
  plan.requests = std::move(requests.requests);
  plan.order = std::move(requests.order);
  plan.connections = flags.connections;
  plan.threads = flags.threads;
  plan.expected = std::move(requests.expected);
  plan.burst = flags.checks() ? 1 : flags.burst;
  plan.stream = flags.stream;
  plan.outstanding = flags.Sweep().front();
  plan.deadline = std::chrono::milliseconds(flags.deadline_ms);
  plan.patience = flags.server.timeout.Deadline();
  if (flags.requests > 0) plan.max_requests = flags.requests;
  if (!flags.is_open()) return plan;
  HILLOCK_ASSIGN_OR_RETURN(plan.open, OpenLoadOf(flags));
  return plan;
}

// A trace lasts until its last arrival.
double DurationOf(const LoadFlags& flags, const LoadPlan& plan) {
  if (flags.seconds) return *flags.seconds;
  if (flags.requests > 0) return kLongestSeconds;
  if (!plan.open || plan.open->trace == nullptr) return kUsualSeconds;
  return plan.open->trace->back() + 0.001;
}

LoadReport ReportOf(const LoadFlags& flags, const LoadPlan& plan) {
  LoadReport report;
  report.model = flags.ModelText();
  report.rows = flags.rows;
  report.connections = flags.connections;
  report.threads = flags.threads;
  report.open = plan.open;
  report.deadline_seconds = static_cast<double>(flags.deadline_ms) / 1000;
  report.seconds = DurationOf(flags, plan);
  report.max_requests = flags.requests;
  report.warm_up_seconds = flags.warm_up_seconds;
  report.origin = {CommandText(), ThisMachineText(), DateText(), ""};
  return report;
}

}  // namespace hillock::client
