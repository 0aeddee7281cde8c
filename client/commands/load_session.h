// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_COMMANDS_LOAD_SESSION_H_
#define HILLOCK_CLIENT_COMMANDS_LOAD_SESSION_H_

#include <deque>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "client/cli/command.h"
#include "client/cli/progress_line.h"
#include "client/commands/load_flags.h"
#include "client/load/generator.h"
#include "client/metrics/metrics_text.h"
#include "client/report/load_report.h"

namespace hillock::client {

// The runs of one `hillock load`, in turn. Each is appended to the report as soon as it is over,
// also when the server is gone after it or it was interrupted. Not thread-safe.
class LoadSession {
 public:
  // All must outlive this.
  LoadSession(const LoadFlags& flags, LoadPlan plan, const ProgressLine& line, Charset charset,
              LoadReport& report)
      : flags_(flags), plan_(std::move(plan)), line_(line), charset_(charset), report_(report) {}

  // Errors: those of connecting and of the metrics; UNAVAILABLE when no request of a run succeeded,
  // or connections are lost after it; CANCELLED when it was interrupted; DATA_LOSS for answers that
  // --check finds wrong.
  absl::Status Run();

 private:
  absl::Status RunAll();
  absl::Status RunSearch();
  absl::Status RunRate(double rate);
  absl::Status RunOnce();

  void Measure(LoadGenerator& generator, LoadRun& run);
  LoadTally MeasureWindow(LoadGenerator& generator, double offset, LoadRun& run);
  bool IsStopped() const;
  absl::Status CheckWhole() const;
  absl::Status CheckAnswers() const;

  absl::StatusOr<Metrics> ReadMetrics() const;
  void WatchServer(double at, LoadRun& run);

  // Shows progress of a phase that takes so many seconds.
  void Show(const char* phase, double seconds, const LoadProgress& progress);
  void ForgetProgress();

  const LoadFlags& flags_;
  LoadPlan plan_;
  const ProgressLine& line_;
  const Charset charset_;
  LoadReport& report_;

  Metrics last_metrics_;  // of WatchServer()
  double watched_at_ = 0;

  LoadProgress last_progress_;
  std::deque<double> rates_;  // requests/s of the last moments
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_COMMANDS_LOAD_SESSION_H_
