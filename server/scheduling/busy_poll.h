// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_BUSY_POLL_H_
#define HILLOCK_SERVER_SCHEDULING_BUSY_POLL_H_

#include "server/core/base/clock.h"

namespace hillock::scheduling {

// How long a reactor with nothing to do polls for the next event before it sleeps. Sleeping and
// being woken can take longer than the gap between two requests. So while the average wait is
// shorter than `longest`, it polls for up to that long; otherwise it sleeps at once and costs
// nothing.
class BusyPoll {
 public:
  // 0 never polls.
  explicit BusyPoll(Nanos longest) : longest_(longest), average_(kMemory * longest) {}

  // From the beginning of a wait.
  Nanos Next() const { return average_ < longest_ ? longest_ : 0; }

  // A wait, awake or asleep, has taken so long.
  void Waited(Nanos wait);

 private:
  // average += (min(wait, kMemory x longest) - average) / kMemory. From 0, one long wait is enough
  // to end polling; from the upper end, a few dozen short ones begin it.
  static constexpr Nanos kMemory = 8;

  const Nanos longest_;
  Nanos average_;  // of the waits
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_BUSY_POLL_H_
