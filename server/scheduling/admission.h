#ifndef HILLOCK_SERVER_SCHEDULING_ADMISSION_H_
#define HILLOCK_SERVER_SCHEDULING_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/core/base/clock.h"
#include "server/core/base/limits.h"
#include "server/core/base/status.h"

namespace hillock::scheduling {

// Why a request was refused or dropped although it was sound; positions in metrics::kShedLabels.
enum class ShedReason { kQueueRows, kQueueBytes, kQueueTime, kDeadline, kExpired, kCancelled };

// What a request would add to the queue, or what some or all of them have added.
struct Load {
  size_t rows = 0;
  size_t bytes = 0;
  Nanos cost = 0;  // estimated time to compute it
};

// What waits, and what may.
struct Queue {
  std::string_view model;  // whose part of the queue it is; empty: all of it
  Load waiting;
  const QueueLimits& limits;
};

// Decides which requests a reactor takes on. Not thread-safe.
class Admission {
 public:
  // `limits` are those of the queue as a whole.
  explicit Admission(const QueueLimits& limits) : limits_(limits) {}

  struct Verdict {
    absl::Status status;
    ShedReason reason{};  // why not, when the status is an error
  };

  // RESOURCE_EXHAUSTED, with RetryPushback(), when the queue or its model's part of it has no room
  // for `load`; what is empty always has. DEADLINE_EXCEEDED when `deadline` cannot be met.
  Verdict Check(const Load& load, const Queue& own, Nanos now, Nanos deadline) const;

  // Some work took `took`, where `estimated` was thought. Estimates follow.
  void Observe(Nanos took, Nanos estimated);

  void Enter(const Load& load);
  void Leave(const Load& load);

  const Load& waiting() const { return waiting_; }

 private:
  Verdict CheckRoom(const Load& load, const Queue& queue) const;
  template <class Amount>
  Verdict Full(ShedReason reason, std::string_view model, std::string_view what, Amount got,
               Amount limit) const;

  Nanos Estimate(Nanos cost) const;

  const QueueLimits limits_;
  double pace_ = 1;  // time that work really takes, by its cost
  Load waiting_;
};

// Milliseconds after which a refused request may be sent again; negative when the status has no
// such advice.
int64_t RetryPushback(const absl::Status& status);

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_ADMISSION_H_
