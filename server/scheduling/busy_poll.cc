#include "server/scheduling/busy_poll.h"

#include <algorithm>

namespace hillock::scheduling {

void BusyPoll::Waited(Nanos wait) {
  usual_ += (std::min(wait, kMemory * longest_) - usual_) / kMemory;
}

}  // namespace hillock::scheduling
