// SPDX-License-Identifier: Apache-2.0
#include "client/results/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "client/text/table.h"
#include "client/text/text.h"
#include "client/text/units.h"

namespace hillock::client {
namespace {

constexpr size_t kMostParts = 10;
constexpr size_t kFewestParts = 4;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

std::vector<double> MeansOfParts(const std::vector<double>& values) {
  const size_t parts = std::min(kMostParts, values.size());
  std::vector<double> means;
  for (size_t i = 0; i < parts; ++i) {
    const size_t first = i * values.size() / parts;
    const size_t last = (i + 1) * values.size() / parts;
    double sum = 0;
    for (size_t k = first; k < last; ++k) sum += values[k];
    means.push_back(sum / static_cast<double>(last - first));
  }
  return means;
}

Verdict Judge(const Change& change) {
  if (std::isnan(change.noise) || std::isnan(change.share())) return Verdict::kUnknown;
  if (std::abs(change.share()) <= change.noise) return Verdict::kSame;
  return (change.share() > 0) == change.is_latency() ? Verdict::kWorse : Verdict::kBetter;
}

Change ChangeOf(const RunSummary& run, const char* figure, std::pair<double, double> values,
                std::pair<double, double> noises) {
  Change change{run.name, figure, values.first, values.second,
                std::hypot(noises.first, noises.second)};
  change.verdict = Judge(change);
  return change;
}

void AddChanges(const RunSummary& a, const RunSummary& b, std::vector<Change>& changes) {
  changes.push_back(
      ChangeOf(a, "requests/s", {a.requests_per_second, b.requests_per_second},
               {NoiseOf(a.timeline.requests_per_second), NoiseOf(b.timeline.requests_per_second)}));
  changes.push_back(ChangeOf(a, "p50", {a.Latency("p50"), b.Latency("p50")},
                             {NoiseOf(a.timeline.p50), NoiseOf(b.timeline.p50)}));
  changes.push_back(ChangeOf(a, "p99", {a.Latency("p99"), b.Latency("p99")},
                             {NoiseOf(a.timeline.p99), NoiseOf(b.timeline.p99)}));
  changes.push_back(
      ChangeOf(a, "p99.9", {a.Latency("p99.9"), b.Latency("p99.9")}, {kNothing, kNothing}));
}

std::string ValueText(const Change& change, double value) {
  return change.is_latency() ? FormatSeconds(value) : FormatCount(value);
}

std::string Named(const LoadSummary& summary) {
  return fmt::format("{} ({})", Printable(summary.source), Printable(summary.model));
}

// Facts that differ may be why the figures do.
std::string DifferentFacts(const LoadSummary& before, const LoadSummary& after) {
  std::string text;
  for (const auto& [name, value] : before.facts) {
    const auto same =
        std::ranges::find(after.facts, name, &std::pair<std::string, std::string>::first);
    if (name == "date" || name == "command") continue;
    if (same == after.facts.end() || same->second == value) continue;
    text +=
        fmt::format("{}: {} before, {} after\n", name, Printable(value), Printable(same->second));
  }
  return text;
}

std::string Conclusion(std::span<const Change> changes) {
  const auto count = [&](Verdict verdict) {
    return std::ranges::count(changes, verdict, &Change::verdict);
  };
  return fmt::format(
      "\n{} better, {} worse, {} the same within the noise of the runs, {} unknown\n",
      count(Verdict::kBetter), count(Verdict::kWorse), count(Verdict::kSame),
      count(Verdict::kUnknown));
}

}  // namespace

double NoiseOf(std::span<const double> values) {
  std::vector<double> known;
  std::ranges::copy_if(values, std::back_inserter(known), [](double v) { return !std::isnan(v); });
  const std::vector<double> means = MeansOfParts(known);
  if (means.size() < kFewestParts) return kNothing;
  const auto n = static_cast<double>(means.size());
  double mean = 0;
  for (const double one : means) mean += one / n;
  double squares = 0;
  for (const double one : means) squares += (one - mean) * (one - mean);
  return mean > 0 ? 2 * std::sqrt(squares / (n - 1) / n) / mean : kNothing;
}

absl::StatusOr<std::vector<Change>> CompareLoads(const LoadSummary& before,
                                                 const LoadSummary& after) {
  std::vector<Change> changes;
  for (const RunSummary& run : before.runs) {
    const auto same = std::ranges::find_if(after.runs, [&](const RunSummary& other) {
      return other.outstanding == run.outstanding && other.rate == run.rate;
    });
    if (same != after.runs.end()) AddChanges(run, *same, changes);
  }
  if (!changes.empty()) return changes;
  return absl::InvalidArgumentError(
      fmt::format("{} and {} have no run with the same rate and as many outstanding",
                  Quoted(before.source), Quoted(after.source)));
}

std::string CompareText(const LoadSummary& before, const LoadSummary& after,
                        std::span<const Change> changes) {
  Table table({{"run"},
               {"figure"},
               {"before", Align::kRight},
               {"after", Align::kRight},
               {"change", Align::kRight},
               {"noise", Align::kRight},
               {"verdict"}});
  for (const Change& change : changes) {
    table.AddRow({change.run, change.figure, ValueText(change, change.before),
                  ValueText(change, change.after), ShareText(change.share()),
                  FormatPercent(change.noise), VerdictText(change.verdict)});
  }
  return fmt::format("before: {}\nafter:  {}\n{}\n{}{}", Named(before), Named(after),
                     DifferentFacts(before, after), table.Render(), Conclusion(changes));
}

std::string VerdictText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSame:
      return "same within noise";
    case Verdict::kBetter:
      return "better";
    case Verdict::kWorse:
      return "worse";
    case Verdict::kUnknown:
      break;
  }
  return "noise unknown";
}

std::string ShareText(double share) {
  return std::isnan(share) ? "-" : fmt::format("{:+.1f}%", share * 100);
}

}  // namespace hillock::client
