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

// Of the request of that number, from 0, among those of all threads. Counted from the start each
// time: a sum of rounded gaps would drift. A ramp sends n = r0 t + (r1 - r0) t^2 / 2T until t = T.
double Schedule::Offset(size_t number) const {
  if (load_->arrivals == Arrivals::kTrace) {
    return number < load_->trace->size() ? (*load_->trace)[number] : HUGE_VAL;
  }
  const auto n = static_cast<double>(number);
  if (load_->arrivals == Arrivals::kConstant) return n / load_->rate;
  const double first = load_->ramp_from;
  const double in_ramp = load_->ramp_seconds * (first + load_->rate) / 2;
  if (n >= in_ramp) return load_->ramp_seconds + (n - in_ramp) / load_->rate;
  const double growth = (load_->rate - first) / load_->ramp_seconds;
  return 2 * n / (first + std::sqrt(first * first + 2 * growth * n));
}

void Schedule::Advance() {
  if (load_->arrivals != Arrivals::kPoisson) {
    offset_ = Offset(sent_ * share_.count + share_.index);
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
  if (sent_ >= limit_) return kNever;
  if (!load_) return now < end_ ? now : kNever;
  return next_ < end_ && now < end_ + kLate ? next_ : kNever;
}

uint64_t Schedule::CountUnsent() const {
  uint64_t unsent = 0;
  if (!load_) return unsent;
  for (Schedule rest = *this; rest.next_ < end_ && rest.sent_ < limit_; rest.Advance()) {
    ++rest.sent_;
    ++unsent;
  }
  return unsent;
}

}  // namespace hillock::client
