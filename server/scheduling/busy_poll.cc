// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/busy_poll.h"

#include <algorithm>

namespace hillock::scheduling {

void BusyPoll::Waited(Nanos wait) {
  average_ += (std::min(wait, kMemory * longest_) - average_) / kMemory;
}

}  // namespace hillock::scheduling
