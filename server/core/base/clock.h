// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_CLOCK_H_
#define HILLOCK_SERVER_CORE_BASE_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <limits>

namespace hillock {

// Nanoseconds on the monotonic clock, from an unspecified origin.
using Nanos = int64_t;

// Later than any moment.
inline constexpr Nanos kNoDeadline = std::numeric_limits<Nanos>::max();

constexpr double ToSeconds(Nanos nanos) { return static_cast<double>(nanos) / 1e9; }
constexpr Nanos FromSeconds(double seconds) { return static_cast<Nanos>(seconds * 1e9); }

// The source of time, which tests replace. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanos Now() const = 0;

  // The machine's monotonic clock. Lives as long as the process.
  static const Clock& Monotonic();

  // CPU time of the calling thread: what work takes, however often other threads interrupt it.
  // Lives as long as the process.
  static const Clock& ThreadCpu();
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_CLOCK_H_
