#include "server/scheduling/shared_work_queue.h"

#include <algorithm>

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
  // In this order, and Push() in the reverse one: so one of the two sees what the other has stored.
  worker.parked_.store(true);
  if (NextDue() == kNoDeadline) return true;
  worker.parked_.store(false);
  return false;
}

void SharedWorkQueue::UpdateDue() {
  const auto soonest = std::ranges::min_element(blocks_, {}, &Block::due);
  next_due_.store(soonest == blocks_.end() ? kNoDeadline : (*soonest)->due);
}

}  // namespace hillock::scheduling
