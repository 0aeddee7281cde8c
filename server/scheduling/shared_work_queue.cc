// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/shared_work_queue.h"

#include <algorithm>

#include "server/scheduling/block.h"

namespace hillock::scheduling {

size_t SharedWorkQueue::CountParked() const {
  return static_cast<size_t>(
      std::ranges::count_if(workers_, [](const Worker* worker) { return worker->parked_.load(); }));
}

bool SharedWorkQueue::HasIdleCore() const {
  return std::ranges::any_of(workers_, [](const Worker* worker) {
    return worker->parked_.load() && !worker->polls_.load();
  });
}

// No wake-up is lost. Push() stores next_due_ and then reads parked_; Park() stores parked_ and
// then reads next_due_. All four are sequentially consistent, so in their one order either the
// store of next_due_ comes before Park()'s load, and the worker does not wait, or the store of
// parked_ comes before Push()'s exchange, and the worker is woken. Weaker orders would allow
// neither.
//
// The exchange also claims the worker: of two pushes at once each wakes another one. Whoever is
// woken for a block that somebody else has popped meanwhile finds nothing and parks again.
void SharedWorkQueue::Push(Block& block) {
  {
    const MutexLock lock(mutex_);
    blocks_.push_back(&block);
    UpdateDue();
  }
  for (Worker* const worker : workers_) {
    if (worker->parked_.exchange(false)) return worker->Wake();
  }
}

// The load before the lock is a hint. When it misses a block that is being pushed, the reactor
// comes by again: at the latest Park() sees it.
Block* SharedWorkQueue::Pop() {
  if (NextDue() == kNoDeadline) return nullptr;
  const MutexLock lock(mutex_);
  const auto soonest = std::ranges::min_element(blocks_, {}, &Block::due);
  if (soonest == blocks_.end()) return nullptr;
  Block* const block = *soonest;
  blocks_.erase(soonest);
  UpdateDue();
  return block;
}

bool SharedWorkQueue::Park(Worker& worker) {
  worker.parked_.store(true);  // before the load: see Push()
  if (NextDue() == kNoDeadline) return true;
  worker.parked_.store(false);
  return false;
}

void SharedWorkQueue::UpdateDue() {
  const auto soonest = std::ranges::min_element(blocks_, {}, &Block::due);
  next_due_.store(soonest == blocks_.end() ? kNoDeadline : (*soonest)->due);
}

}  // namespace hillock::scheduling
