// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hillock::client {
namespace {

Nanos Now() { return Clock::Monotonic().Now(); }

Nanos ToNanos(std::chrono::nanoseconds time) { return time.count(); }

Schedule ScheduleOf(const LoadPlan& plan, ThreadShare share, Nanos start, Nanos end) {
  Schedule schedule =
      plan.open ? Schedule::Open(*plan.open, share, start, end) : Schedule::Closed(end);
  if (plan.max_requests) schedule.Limit(share.Of(*plan.max_requests));
  return schedule;
}

}  // namespace

LoadRun::LoadRun(const LoadPlan& plan, ThreadShare share, std::chrono::nanoseconds duration)
    : plan_(plan),
      start_(Now()),
      end_(start_ + ToNanos(duration)),
      give_up_(end_ + ToNanos(plan.patience)),
      give_up_text_(
          fmt::format("no answer within {} ms after the end of the run", plan.patience.count())),
      schedule_(ScheduleOf(plan, share, start_, end_)) {}

void LoadRun::EndEarly(Nanos now) {
  end_ = now;
  schedule_.End(now);
  give_up_ = now + std::min(kBriefly, ToNanos(plan_.patience));
  give_up_text_ = "no answer by the time the load was stopped";
}

void LoadRun::Record(Nanos intended, absl::StatusCode code, std::string_view message, Nanos at) {
  tally_.Record(code, at - intended, at < end_, message);
  if (at < end_) tally_.RecordMoment(at - start_, code, at - intended);
}

LoadTally LoadRun::TakeTally() {
  tally_.RecordSchedule(schedule_.late(), schedule_.CountUnsent(), schedule_.most_behind());
  tally_.RecordElapsed(std::min(end_, Now()) - start_);
  return std::move(tally_);
}

}  // namespace hillock::client
