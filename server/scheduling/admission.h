// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_ADMISSION_H_
#define HILLOCK_SERVER_SCHEDULING_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/core/base/clock.h"
#include "server/core/base/limits.h"
#include "server/core/base/status.h"
#include "server/metrics/shed_reason.h"

namespace hillock::scheduling {

// What a request adds to a queue, or what the requests in a queue add up to.
struct QueueLoad {
  size_t rows = 0;
  size_t bytes = 0;
  Nanos cost = 0;  // estimated time to compute it
};

// A queue as admission sees it: the reactor's, or the part of it that one model has.
struct QueueView {
  std::string_view model;  // empty: the reactor's, of all models
  QueueLoad waiting;
  const QueueLimits& limits;
};

// Decides which requests a reactor takes on. Time is estimated as pace x cost: the cost of a row is
// measured while its model loads, and the pace follows the ratio of the time that blocks take to
// their cost. Not thread-safe.
class Admission {
 public:
  // `limits` are those of the queue as a whole.
  explicit Admission(const QueueLimits& limits) : limits_(limits) {}

  struct Verdict {
    absl::Status status;
    ShedReason reason{};  // why not, when the status is an error
  };

  // DEADLINE_EXCEEDED when now + time(waiting) + time(load) > deadline. RESOURCE_EXHAUSTED, with
  // RetryPushback(), when the reactor's queue or the model's part of it has no room for `load`. An
  // empty queue has room for anything, so that no request is too large to be served at all.
  Verdict Check(const QueueLoad& load, const QueueView& own, Nanos now, Nanos deadline) const;

  // Some work of that cost took `took`. The pace follows.
  void Observe(Nanos took, Nanos cost);

  void Enter(const QueueLoad& load);
  void Leave(const QueueLoad& load);

  const QueueLoad& waiting() const { return waiting_; }

 private:
  Verdict CheckRoom(const QueueLoad& load, const QueueView& queue) const;
  template <class Amount>
  Verdict Full(ShedReason reason, std::string_view model, std::string_view what, Amount got,
               Amount limit) const;

  Nanos Estimate(Nanos cost) const;

  const QueueLimits limits_;
  double pace_ = 1;  // a moving average of time / cost
  QueueLoad waiting_;
};

// Milliseconds after which a refused request may be sent again; negative when the status has no
// such advice.
int64_t RetryPushback(const absl::Status& status);

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_ADMISSION_H_
