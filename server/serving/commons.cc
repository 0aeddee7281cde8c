#include "server/serving/commons.h"

#include <algorithm>

namespace hillock::serving {

size_t Commons::CountSleepers() const {
  return static_cast<size_t>(std::ranges::count_if(
      sleepers_, [](const Sleeper* sleeper) { return sleeper->asleep_.load(); }));
}

bool Commons::HasLeftACore() const {
  return std::ranges::any_of(sleepers_, [](const Sleeper* sleeper) {
    return sleeper->asleep_.load() && !sleeper->lingers_.load();
  });
}

void Commons::Offer(Block& block) {
  {
    const MutexLock lock(mutex_);
    blocks_.push_back(&block);
    UpdateDue();
  }
  for (Sleeper* const sleeper : sleepers_) {
    if (sleeper->asleep_.exchange(false)) return sleeper->Wake();
  }
}

Block* Commons::Take() {
  if (NextDue() == kNoDeadline) return nullptr;
  const MutexLock lock(mutex_);
  const auto soonest = std::ranges::min_element(blocks_, {}, &Block::due);
  if (soonest == blocks_.end()) return nullptr;
  Block* const block = *soonest;
  blocks_.erase(soonest);
  UpdateDue();
  return block;
}

bool Commons::Sleep(Sleeper& sleeper) {
  // In this order, and Offer() in the other: one of the two sees what the other did.
  sleeper.asleep_.store(true);
  if (NextDue() == kNoDeadline) return true;
  sleeper.asleep_.store(false);
  return false;
}

void Commons::UpdateDue() {
  const auto soonest = std::ranges::min_element(blocks_, {}, &Block::due);
  next_due_.store(soonest == blocks_.end() ? kNoDeadline : (*soonest)->due);
}

}  // namespace hillock::serving
