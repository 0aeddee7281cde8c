// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_SCHEDULE_H_
#define HILLOCK_CLIENT_LOAD_SCHEDULE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "server/core/base/clock.h"

namespace hillock::client {

enum class Arrivals {
  kConstant,  // evenly spaced
  kPoisson,   // independent of each other: exponential gaps
  kRamp,      // evenly more often, until they are evenly spaced
  kTrace,     // as recorded
};

// An open loop: requests are sent at times that do not depend on the answers.
struct OpenLoad {
  double rate = 0;  // requests a second, over all threads; more than 0. Of kTrace: the mean
  Arrivals arrivals = Arrivals::kConstant;
  uint64_t seed = 1;        // of kPoisson
  double ramp_from = 0;     // of kRamp: the rate at the start, more than 0
  double ramp_seconds = 0;  // of kRamp: until `rate` is reached
  std::shared_ptr<const std::vector<double>>
      trace{};  // of kTrace: seconds from the start, ascending
};

// Which of the threads of a load: number `index` of `count`.
struct ThreadShare {
  size_t index = 0;
  size_t count = 1;

  // How many of `all` things are this thread's: every `count`-th.
  size_t Of(size_t all) const { return (all + count - 1 - index) / count; }
};

// When one thread is to send its requests of the time from `start` up to `end`, exclusively. Pure:
// the caller says what time it is. Not thread-safe.
class Schedule {
 public:
  // A send later than this after its time is late. At the end of the time those that are due get
  // so much grace; what is not sent by then never is.
  static constexpr Nanos kLate = 1'000'000;
  static constexpr Nanos kNever = INT64_MAX;

  // A closed loop: the next request is due whenever it can be sent.
  static Schedule Closed(Nanos end);

  // The share of one thread: every `count`-th of arrivals whose times are given, or Poisson
  // arrivals at a `count`-th of the rate.
  static Schedule Open(const OpenLoad& load, ThreadShare share, Nanos start, Nanos end);

  // Sends no more than so many.
  void Limit(uint64_t sends) { limit_ = sends; }

  // The intended time of the next request when it is due; it counts as sent, at `now`. `now` does
  // not go back from call to call.
  std::optional<Nanos> Take(Nanos now);

  // When there is something to take: not after `now` when it is due; kNever when there is no more.
  Nanos Next(Nanos now) const;

  // Ends the time sooner: at `now`.
  void End(Nanos now) { end_ = std::min(end_, now); }

  uint64_t late() const { return late_; }
  Nanos most_behind() const { return most_behind_; }  // of all sends

  // Intended before the end, but not taken.
  uint64_t CountUnsent() const;

 private:
  Schedule(std::optional<OpenLoad> load, ThreadShare share, Nanos start, Nanos end);

  void Advance();
  double Offset(size_t number) const;

  std::optional<OpenLoad> load_;
  ThreadShare share_;
  Nanos start_;
  Nanos end_;
  uint64_t limit_ = UINT64_MAX;
  uint64_t sent_ = 0;
  uint64_t late_ = 0;
  Nanos most_behind_ = 0;
  double offset_ = 0;  // seconds from start_ to the next
  Nanos next_ = 0;
  std::mt19937_64 random_;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_SCHEDULE_H_
