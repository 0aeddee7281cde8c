#ifndef HILLOCK_SERVER_SERVING_ADMISSION_H_
#define HILLOCK_SERVER_SERVING_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/clock.h"
#include "server/base/status.h"

namespace hillock::serving {

// Why a request was refused or dropped although it was sound; positions in metrics::kShedLabels.
enum class Shed { kQueueRows, kQueueBytes, kQueueTime, kDeadline, kExpired, kCancelled };

// How much one reactor may have waiting, beyond which it refuses more.
struct QueueLimits {
  size_t rows = size_t{1} << 20;
  size_t bytes = size_t{256} << 20;  // of inputs and outputs
  Nanos wait = 1'000'000'000;        // until what waits already is computed
};

// What a request would add to the queue, or what all of them have added.
struct Load {
  size_t rows = 0;
  size_t bytes = 0;
  Nanos cost = 0;  // estimated time to compute it
};

// Decides which requests a reactor takes on. Not thread-safe.
class Admission {
 public:
  explicit Admission(const QueueLimits& limits) : limits_(limits) {}

  struct Verdict {
    absl::Status status;
    Shed reason{};  // why not, when the status is an error
  };

  // RESOURCE_EXHAUSTED, with RetryPushback(), when the queue has no room for `load`; a queue that
  // is empty always has. DEADLINE_EXCEEDED when `deadline` cannot be met.
  Verdict Check(const Load& load, Nanos now, Nanos deadline) const;

  // Some work took `took`, where `estimated` was thought. Estimates follow.
  void Observe(Nanos took, Nanos estimated);

  void Enter(const Load& load);
  void Leave(const Load& load);

  const Load& waiting() const { return waiting_; }

 private:
  Verdict Full(Shed reason, std::string_view what, size_t got, size_t limit) const;

  Nanos Estimate(Nanos cost) const;

  const QueueLimits limits_;
  double pace_ = 1;  // time that work really takes, by its cost
  Load waiting_;
};

// Milliseconds after which a refused request may be sent again; negative when the status has no
// such advice.
int64_t RetryPushback(const absl::Status& status);

}  // namespace hillock::serving

#endif  // HILLOCK_SERVER_SERVING_ADMISSION_H_
