// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/clock.h"

#include <ctime>

namespace hillock {
namespace {

class MonotonicClock final : public Clock {
 public:
  Nanos Now() const override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }
};

class ThreadCpuClock final : public Clock {
 public:
  Nanos Now() const override {
    constexpr Nanos kNanosPerSecond = 1'000'000'000;
    timespec spent{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return spent.tv_sec * kNanosPerSecond + spent.tv_nsec;
  }
};

}  // namespace

const Clock& Clock::Monotonic() {
  static const MonotonicClock kClock;
  return kClock;
}

const Clock& Clock::ThreadCpu() {
  static const ThreadCpuClock kClock;
  return kClock;
}

}  // namespace hillock
