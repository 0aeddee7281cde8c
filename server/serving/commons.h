#ifndef HILLOCK_SERVER_SERVING_COMMONS_H_
#define HILLOCK_SERVER_SERVING_COMMONS_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"
#include "server/serving/block.h"

namespace hillock::serving {

// Where reactors lay blocks of heavy work that any of them may take, so that one big request or one
// heavy model uses every core that has nothing better to do. Light work never comes here.
// Thread-safe; takes no lock while there is nothing in it.
class Commons {
 public:
  // A reactor that may be asleep when there is work.
  class Sleeper {
   public:
    virtual ~Sleeper() = default;
    // Called on any thread.
    virtual void Wake() = 0;

   private:
    friend class Commons;
    std::atomic<bool> asleep_{false};
    std::atomic<bool> lingers_{false};
  };

  // REQUIRES: nobody offers or takes yet. The sleeper outlives every Offer().
  void Add(Sleeper& sleeper) { sleepers_.push_back(&sleeper); }

  // Reactors that take from here; at least 1.
  size_t size() const { return std::max<size_t>(sleepers_.size(), 1); }

  // Reactors that wait for work just now.
  size_t CountSleepers() const;

  // Whether one of them has left its core, too, rather than linger there.
  bool HasLeftACore() const;

  // Lays a block down and wakes a sleeper. The block stays until it has finished.
  void Offer(Block& block);

  // The block that is due soonest, or null.
  Block* Take();

  // When the block that is due soonest is; kNoDeadline when there is none.
  Nanos NextDue() const { return next_due_.load(); }

  // Says that the sleeper is about to wait. False when there is work to take first.
  bool Sleep(Sleeper& sleeper);
  void Awake(Sleeper& sleeper) { sleeper.asleep_.store(false); }

  // Says that the sleeper begins, or ends, to wait without leaving its core.
  void Linger(Sleeper& sleeper, bool lingers) { sleeper.lingers_.store(lingers); }

 private:
  void UpdateDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::vector<Sleeper*> sleepers_;
  Mutex mutex_;
  std::vector<Block*> blocks_ ABSL_GUARDED_BY(mutex_);
  std::atomic<Nanos> next_due_{kNoDeadline};
};

}  // namespace hillock::serving

#endif  // HILLOCK_SERVER_SERVING_COMMONS_H_
