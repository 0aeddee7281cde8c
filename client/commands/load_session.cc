// SPDX-License-Identifier: Apache-2.0
#include "client/commands/load_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "client/load/rate_search.h"
#include "client/load/stability.h"
#include "client/metrics/scrape.h"
#include "client/text/sparkline.h"
#include "client/text/units.h"
#include "server/core/base/status.h"
#include "server/metrics/families.h"

namespace hillock::client {
namespace {

constexpr size_t kSparkColumns = 20;
constexpr double kWatchEverySeconds = 1;
constexpr double kMostMoments = 120;
constexpr std::chrono::milliseconds kWatchDeadline{500};

// Of the requests that were due, the share that may not have been sent when a rate was held.
constexpr double kMaxUnsent = 0.001;

std::chrono::nanoseconds Nanoseconds(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

double SecondsOf(const LoadProgress& progress) {
  return std::chrono::duration<double>(progress.elapsed).count();
}

absl::Status CheckConnected(LoadGenerator& generator) {
  const size_t lost = generator.CountLost();
  if (lost == 0) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{}: {} of {} connections are lost at the end",
                                            generator.plan().endpoint.target, lost,
                                            generator.plan().connections));
}

// All that was due was answered, and 99 % of it within the bound.
bool IsHeld(const LoadTally& tally, double max_p99_seconds) {
  const auto found = tally.outcomes().find(absl::StatusCode::kOk);
  if (found == tally.outcomes().end() || tally.outcomes().size() > 1) return false;
  const auto sent = static_cast<double>(tally.count());
  return static_cast<double>(tally.unsent()) <= kMaxUnsent * sent &&
         found->second.latencies.QuantileSeconds(0.99) <= max_p99_seconds;
}

std::string ServerText(const Metrics& metrics) {
  std::string text;
  for (const Sample* sample :
       FindSamples(metrics, metrics::kBuildInfo.name, metrics::kBuildInfo.name)) {
    for (const auto& [name, value] : sample->labels) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
    }
  }
  return text;
}

}  // namespace

bool LoadSession::IsStopped() const { return plan_.stop != nullptr && plan_.stop->load(); }

absl::Status LoadSession::Run() {
  HILLOCK_RETURN_IF_ERROR(flags_.max_p99_ms > 0 ? RunSearch() : RunAll());
  HILLOCK_RETURN_IF_ERROR(CheckSucceeded(report_));
  return flags_.checks() ? CheckAnswers() : absl::OkStatus();
}

absl::Status LoadSession::CheckAnswers() const {
  for (const LoadRun& run : report_.runs) {
    const uint64_t wrong = run.tally.count(absl::StatusCode::kDataLoss);
    if (wrong == 0) continue;
    return absl::DataLossError(fmt::format("{} of {} answers are not the expected ones, {}", wrong,
                                           run.tally.count(), run.name()));
  }
  return absl::OkStatus();
}

absl::Status LoadSession::RunAll() {
  if (plan_.open && flags_.trace.empty()) {
    const Rates rates = *ParseRates(flags_.rate);
    for (const double rate : rates.each) {
      HILLOCK_RETURN_IF_ERROR(RunRate(rate));
    }
    return absl::OkStatus();
  }
  for (const size_t outstanding : flags_.Sweep()) {
    plan_.outstanding = outstanding;
    HILLOCK_RETURN_IF_ERROR(RunOnce());
  }
  return absl::OkStatus();
}

absl::Status LoadSession::RunSearch() {
  const Rates range = *ParseRates(flags_.rate);
  RateSearch search(range.each[0], range.each[1]);
  report_.search = SearchResult{flags_.max_p99_ms / 1000, 0};
  while (const auto rate = search.Next()) {
    HILLOCK_RETURN_IF_ERROR(RunRate(*rate));
    search.Record(IsHeld(report_.runs.back().tally, report_.search->max_p99_seconds));
    report_.search->found = search.found();
  }
  return absl::OkStatus();
}

absl::Status LoadSession::RunRate(double rate) {
  plan_.open->rate = rate;
  return RunOnce();
}

absl::Status LoadSession::RunOnce() {
  HILLOCK_ASSIGN_OR_RETURN(const auto generator, LoadGenerator::Connect(plan_));
  if (flags_.warm_up_seconds > 0) {
    ForgetProgress();
    generator->Run(Nanoseconds(flags_.warm_up_seconds), [&](const LoadProgress& progress) {
      Show("warm-up", flags_.warm_up_seconds, progress);
    });
  }
  HILLOCK_ASSIGN_OR_RETURN(Metrics before, ReadMetrics());
  if (!before.empty()) report_.origin.server = ServerText(before);
  if (IsStopped()) return absl::CancelledError("interrupted before the measurement");
  last_metrics_ = before;
  watched_at_ = 0;
  LoadRun& run = report_.runs.emplace_back();
  run.outstanding = plan_.outstanding;
  run.rate = plan_.open ? plan_.open->rate : 0;
  Measure(*generator, run);
  HILLOCK_RETURN_IF_ERROR(CheckConnected(*generator));
  HILLOCK_ASSIGN_OR_RETURN(Metrics after, ReadMetrics());
  if (!flags_.metrics.empty()) run.server = Summarize(Since(before, std::move(after)));
  return CheckWhole();
}

// Windows until the last of them agree; they alone are reported.
void LoadSession::Measure(LoadGenerator& generator, LoadRun& run) {
  if (flags_.stable_percent == 0) {
    run.tally = MeasureWindow(generator, 0, run);
    return;
  }
  std::deque<LoadTally> last;
  while (!run.interrupted && !run.stable && run.windows.size() < flags_.max_windows) {
    const double offset = static_cast<double>(run.windows.size()) * report_.seconds;
    last.push_back(MeasureWindow(generator, offset, run));
    if (last.size() > kStableWindows) last.pop_front();
    run.windows.push_back(FiguresOf(last.back()));
    run.stable = IsStable(run.windows, flags_.stable_percent / 100);
  }
  for (const LoadTally& tally : last) run.tally.Append(tally);
}

LoadTally LoadSession::MeasureWindow(LoadGenerator& generator, double offset, LoadRun& run) {
  const auto duration = Nanoseconds(report_.seconds);
  ForgetProgress();
  LoadTally tally = generator.Run(duration, [&](const LoadProgress& progress) {
    Show("load", report_.seconds, progress);
    WatchServer(offset + SecondsOf(progress), run);
  });
  run.interrupted = IsStopped() && tally.elapsed() < duration.count();
  return tally;
}

absl::Status LoadSession::CheckWhole() const {
  const LoadRun& run = report_.runs.back();
  if (!run.interrupted) return absl::OkStatus();
  return absl::CancelledError(fmt::format("interrupted after {:.3g} of {:g} s",
                                          ToSeconds(run.tally.elapsed()), report_.seconds));
}

// Empty without --metrics.
absl::StatusOr<Metrics> LoadSession::ReadMetrics() const {
  if (flags_.metrics.empty()) return Metrics();
  HILLOCK_ASSIGN_OR_RETURN(Reading reading,
                           Scrape(flags_.metrics, flags_.server.timeout.Deadline()));
  return std::move(reading.metrics);
}

// A reading that fails is a gap; the one after the run reports the error.
void LoadSession::WatchServer(double at, LoadRun& run) {
  const double seconds = at - watched_at_;
  if (flags_.metrics.empty()) return;
  if (seconds < std::max(kWatchEverySeconds, report_.seconds / kMostMoments)) return;
  auto reading = Scrape(flags_.metrics, std::min(kWatchDeadline, flags_.server.timeout.Deadline()));
  if (!reading.ok()) return;
  run.server_line.push_back(MomentBetween(last_metrics_, reading->metrics, at, seconds));
  last_metrics_ = std::move(reading->metrics);
  watched_at_ = at;
}

void LoadSession::ForgetProgress() {
  last_progress_ = LoadProgress();
  rates_.clear();
}

void LoadSession::Show(const char* phase, double seconds, const LoadProgress& progress) {
  const double passed = SecondsOf(progress) - SecondsOf(last_progress_);
  const auto answered = static_cast<double>(progress.answered - last_progress_.answered);
  rates_.push_back(passed > 0 ? answered / passed : 0);
  if (rates_.size() > kSparkColumns) rates_.pop_front();
  last_progress_ = progress;
  const std::string amount = plan_.max_requests
                                 ? fmt::format("{} of {}", progress.answered, *plan_.max_requests)
                                 : fmt::format("{:.1f} of {:g} s", SecondsOf(progress), seconds);
  const std::string what = plan_.open ? FormatCount(plan_.open->rate) + " wanted"
                                      : fmt::format("{} outstanding", plan_.outstanding);
  line_.Show(fmt::format("{}, {}: {}  {} requests/s  {}", phase, what, amount,
                         FormatCount(rates_.back()),
                         Sparkline(std::vector<double>(rates_.begin(), rates_.end()), charset_)));
}

}  // namespace hillock::client
