#ifndef HILLOCK_SERVER_SERVING_LINGER_H_
#define HILLOCK_SERVER_SERVING_LINGER_H_

#include "server/base/clock.h"

namespace hillock::serving {

// How long a reactor with nothing to do looks out for the next event before it sleeps. Sleeping and
// being woken takes longer than many a gap between two requests; so while events come closer
// together than the longest time to linger, it lingers, and else it sleeps at once and costs
// nothing.
class Linger {
 public:
  // 0 never lingers.
  explicit Linger(Nanos longest) : longest_(longest), usual_(kMemory * longest) {}

  // From the beginning of a wait.
  Nanos Next() const { return usual_ < longest_ ? longest_ : 0; }

  // A wait, awake or asleep, has taken so long.
  void Waited(Nanos wait);

 private:
  // The share of a wait in the average is 1 / kMemory, and no wait counts as longer than kMemory
  // times the longest to linger: so a pause ends lingering after a few waits, and it takes a few
  // dozen short ones to begin.
  static constexpr Nanos kMemory = 8;

  const Nanos longest_;
  Nanos usual_;  // the average of the waits
};

}  // namespace hillock::serving

#endif  // HILLOCK_SERVER_SERVING_LINGER_H_
