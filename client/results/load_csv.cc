// SPDX-License-Identifier: Apache-2.0
#include "client/results/load_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <vector>

namespace hillock::client {
namespace {

constexpr const char* kLatencies[] = {"p50", "p90", "p99", "p99.9", "p99.99", "max", "mean"};

std::string Cell(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

// Quoted, as names of models may have commas.
std::string Cell(const std::string& text) {
  std::string quoted;
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return '"' + quoted + '"';
}

std::string Line(const LoadSummary& summary, const RunSummary& run) {
  std::vector<std::string> cells{Cell(summary.model),
                                 Cell(run.outstanding),
                                 run.rate > 0 ? Cell(run.rate) : "",
                                 Cell(run.seconds),
                                 Cell(run.requests),
                                 Cell(run.failed()),
                                 Cell(run.requests_per_second),
                                 Cell(run.rows_per_second)};
  for (const char* const name : kLatencies) cells.push_back(Cell(run.Latency(name)));
  return fmt::format("{}\n", fmt::join(cells, ","));
}

}  // namespace

std::string LoadCsv(const LoadSummary& summary) {
  std::string text =
      "model,outstanding,rate,seconds,requests,failures,requests_per_second,rows_per_second";
  for (const char* const name : kLatencies) text += fmt::format(",{}_seconds", name);
  text += '\n';
  for (const RunSummary& run : summary.runs) text += Line(summary, run);
  return text;
}

}  // namespace hillock::client
