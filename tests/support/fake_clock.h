// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_FAKE_CLOCK_H_
#define HILLOCK_TESTS_SUPPORT_FAKE_CLOCK_H_

#include "server/core/base/clock.h"

namespace hillock::testing {

// A clock whose hands the test turns: by Advance(), and by a fixed tick whenever it is read. Not
// thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Nanos tick = 0) : tick_(tick) {}

  // The time before this reading's tick.
  Nanos Now() const override {
    const Nanos now = now_;
    now_ += tick_;
    return now;
  }

  void Advance(Nanos by) { now_ += by; }

 private:
  const Nanos tick_;
  mutable Nanos now_ = 1'000'000;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_FAKE_CLOCK_H_
