// SPDX-License-Identifier: Apache-2.0
#include "client/load/schedule.h"

#include <algorithm>
#include <cmath>

namespace hillock::client {
namespace {

constexpr double kNanosPerSecond = 1e9;

}  // namespace

Schedule Schedule::Closed(Nanos end) { return Schedule(std::nullopt, {}, 0, end); }

Schedule Schedule::Open(const OpenLoad& load, ThreadShare share, Nanos start, Nanos end) {
  return Schedule(load, share, start, end);
}

Schedule::Schedule(std::optional<OpenLoad> load, ThreadShare share, Nanos start, Nanos end)
    : load_(load), share_(share), start_(start), end_(end), next_(start) {
  if (!load_) return;
  random_.seed(load_->seed * share_.count + share_.index);
  Advance();
}

void Schedule::Advance() {
  if (load_->arrivals == Arrivals::kConstant) {
    // Counted from the start each time: a sum of rounded gaps would drift.
    offset_ = static_cast<double>(sent_ * share_.count + share_.index) / load_->rate;
  } else {
    offset_ += std::exponential_distribution<double>(load_->rate /
                                                     static_cast<double>(share_.count))(random_);
  }
  const double nanos = std::min(offset_ * kNanosPerSecond, static_cast<double>(end_ - start_));
  next_ = start_ + std::llround(nanos);
}

std::optional<Nanos> Schedule::Take(Nanos now) {
  if (Next(now) > now) return std::nullopt;
  ++sent_;
  if (!load_) return now;
  const Nanos intended = next_;
  late_ += now - intended > kLate ? 1 : 0;
  most_behind_ = std::max(most_behind_, now - intended);
  Advance();
  return intended;
}

Nanos Schedule::Next(Nanos now) const {
  if (!load_) return now < end_ ? now : kNever;
  return next_ < end_ && now < end_ + kLate ? next_ : kNever;
}

uint64_t Schedule::CountUnsent() const {
  uint64_t unsent = 0;
  if (!load_) return unsent;
  for (Schedule rest = *this; rest.next_ < end_; rest.Advance()) {
    ++rest.sent_;
    ++unsent;
  }
  return unsent;
}

}  // namespace hillock::client
