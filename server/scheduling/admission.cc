#include "server/scheduling/admission.h"

#include <fmt/compile.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "absl/strings/cord.h"

namespace hillock::scheduling {
namespace {

constexpr char kPushback[] = "hillock/retry-pushback-ms";
constexpr Nanos kMillisecond = 1'000'000;

// How much one observation moves the pace, and between which ends. Warming up had the core for
// itself, so nothing is faster than it for long.
constexpr double kPaceWeight = 1.0 / 16;
constexpr double kFastest = 1;
constexpr double kSlowest = 8;

double Milliseconds(Nanos nanos) { return static_cast<double>(nanos / 1000) / 1000; }

}  // namespace

template <class Amount>
Admission::Verdict Admission::Full(ShedReason reason, std::string_view model, std::string_view what,
                                   Amount got, Amount limit) const {
  const std::string whose = model.empty() ? "" : fmt::format(" of model '{}'", model);
  absl::Status status = absl::ResourceExhaustedError(
      fmt::format(FMT_COMPILE("the queue{} is full: {} {} this request, want at most {}"), whose,
                  got, what, limit));
  // By then what waits now has been computed.
  const Nanos wait = std::max(Estimate(waiting_.cost) / kMillisecond, Nanos{1});
  status.SetPayload(kPushback, absl::Cord(std::to_string(wait)));
  return {std::move(status), reason};
}

Admission::Verdict Admission::Check(const Load& load, const Queue& own, Nanos now,
                                    Nanos deadline) const {
  const Nanos wait = Estimate(waiting_.cost);
  const Nanos answer = wait + Estimate(load.cost);
  if (deadline != kNoDeadline && now + answer > deadline) {
    return {absl::DeadlineExceededError(
                fmt::format("{:.1f} ms are left, the answer would take {:.1f}",
                            1e-6 * static_cast<double>(std::max<Nanos>(deadline - now, 0)),
                            1e-6 * static_cast<double>(answer))),
            ShedReason::kDeadline};
  }
  Verdict verdict = CheckRoom(load, {.model = "", .waiting = waiting_, .limits = limits_});
  return verdict.status.ok() ? CheckRoom(load, own) : verdict;
}

Admission::Verdict Admission::CheckRoom(const Load& load, const Queue& queue) const {
  const auto& [model, waiting, limits] = queue;
  if (waiting.rows == 0) return {};
  if (waiting.rows + load.rows > limits.rows) {
    return Full(ShedReason::kQueueRows, model, "rows with", waiting.rows + load.rows, limits.rows);
  }
  if (waiting.bytes + load.bytes > limits.bytes) {
    return Full(ShedReason::kQueueBytes, model, "bytes with", waiting.bytes + load.bytes,
                limits.bytes);
  }
  if (const Nanos wait = Estimate(waiting.cost); wait > limits.wait) {
    return Full(ShedReason::kQueueTime, model, "ms of work before", Milliseconds(wait),
                Milliseconds(limits.wait));
  }
  return {};
}

Nanos Admission::Estimate(Nanos cost) const {
  return static_cast<Nanos>(pace_ * static_cast<double>(cost));
}

void Admission::Observe(Nanos took, Nanos estimated) {
  const double pace =
      static_cast<double>(took) / static_cast<double>(std::max(estimated, Nanos{1}));
  pace_ += kPaceWeight * (std::clamp(pace, kFastest, kSlowest) - pace_);
}

void Admission::Enter(const Load& load) {
  waiting_.rows += load.rows;
  waiting_.bytes += load.bytes;
  waiting_.cost += load.cost;
}

void Admission::Leave(const Load& load) {
  waiting_.rows -= load.rows;
  waiting_.bytes -= load.bytes;
  waiting_.cost -= load.cost;
}

int64_t RetryPushback(const absl::Status& status) {
  const auto payload = status.GetPayload(kPushback);
  if (!payload) return -1;
  const std::string text(*payload);
  int64_t milliseconds = -1;
  std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  return milliseconds;
}

}  // namespace hillock::scheduling
