#ifndef HILLOCK_SERVER_SCHEDULING_BUSY_POLL_H_
#define HILLOCK_SERVER_SCHEDULING_BUSY_POLL_H_

#include "server/core/base/clock.h"

namespace hillock::scheduling {

// How long a reactor with nothing to do polls for the next event before it sleeps. To sleep and to
// be woken takes longer than many a gap between two requests. So while events come closer together
// than `longest`, it polls for that long; otherwise it sleeps at once and costs nothing.
class BusyPoll {
 public:
  // 0 never polls.
  explicit BusyPoll(Nanos longest) : longest_(longest), usual_(kMemory * longest) {}

  // From the beginning of a wait.
  Nanos Next() const { return usual_ < longest_ ? longest_ : 0; }

  // A wait, awake or asleep, has taken so long.
  void Waited(Nanos wait);

 private:
  // The share of a wait in the average is 1 / kMemory, and no wait counts as longer than kMemory
  // * longest_: so polling ends after a few long waits, and takes a few dozen short ones to begin.
  static constexpr Nanos kMemory = 8;

  const Nanos longest_;
  Nanos usual_;  // the average of the waits
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_BUSY_POLL_H_
