// SPDX-License-Identifier: Apache-2.0
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

// The share of one observation in the pace, and its bounds. Costs are measured on an otherwise idle
// core, so nothing stays faster than its cost. The upper bound keeps one stall, such as a page-in
// or a core taken away, from shutting the queue.
constexpr double kPaceWeight = 1.0 / 16;
constexpr double kMinPace = 1;
constexpr double kMaxPace = 8;

double ToMilliseconds(Nanos nanos) { return 1e3 * ToSeconds(nanos); }

// In whole microseconds, for messages.
double RoundedMilliseconds(Nanos nanos) { return static_cast<double>(nanos / 1000) / 1000; }

}  // namespace

template <class Amount>
Admission::Verdict Admission::Full(ShedReason reason, std::string_view model, std::string_view what,
                                   Amount got, Amount limit) const {
  const std::string whose = model.empty() ? "" : fmt::format(" of model '{}'", model);
  absl::Status status = absl::ResourceExhaustedError(
      fmt::format(FMT_COMPILE("the queue{} is full: {} {} this request, want at most {}"), whose,
                  got, what, limit));
  // When all that waits on this reactor has been computed, whichever of the queues is full: others
  // may have their turn before this model.
  const Nanos wait = std::max(Estimate(waiting_.cost) / kMillisecond, Nanos{1});
  status.SetPayload(kPushback, absl::Cord(std::to_string(wait)));
  return {std::move(status), reason};
}

// The deadline comes first: a request that cannot make it is not worth retrying, so it must not be
// told to come back.
Admission::Verdict Admission::Check(const QueueLoad& load, const QueueView& own, Nanos now,
                                    Nanos deadline) const {
  const Nanos wait = Estimate(waiting_.cost);
  const Nanos answer = wait + Estimate(load.cost);
  if (deadline != kNoDeadline && now + answer > deadline) {
    return {absl::DeadlineExceededError(fmt::format(
                "{:.1f} ms are left, the answer would take {:.1f}",
                ToMilliseconds(std::max<Nanos>(deadline - now, 0)), ToMilliseconds(answer))),
            ShedReason::kDeadline};
  }
  Verdict verdict = CheckRoom(load, {.model = "", .waiting = waiting_, .limits = limits_});
  return verdict.status.ok() ? CheckRoom(load, own) : verdict;
}

Admission::Verdict Admission::CheckRoom(const QueueLoad& load, const QueueView& queue) const {
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
    return Full(ShedReason::kQueueTime, model, "ms of work before", RoundedMilliseconds(wait),
                RoundedMilliseconds(limits.wait));
  }
  return {};
}

Nanos Admission::Estimate(Nanos cost) const {
  return static_cast<Nanos>(pace_ * static_cast<double>(cost));
}

void Admission::Observe(Nanos took, Nanos cost) {
  const double pace = static_cast<double>(took) / static_cast<double>(std::max(cost, Nanos{1}));
  pace_ += kPaceWeight * (std::clamp(pace, kMinPace, kMaxPace) - pace_);
}

void Admission::Enter(const QueueLoad& load) {
  waiting_.rows += load.rows;
  waiting_.bytes += load.bytes;
  waiting_.cost += load.cost;
}

void Admission::Leave(const QueueLoad& load) {
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
