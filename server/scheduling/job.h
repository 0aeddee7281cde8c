#ifndef HILLOCK_SERVER_SCHEDULING_JOB_H_
#define HILLOCK_SERVER_SCHEDULING_JOB_H_

#include <algorithm>
#include <cstddef>
#include <span>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/lifecycle/served_model.h"

namespace hillock::scheduling {

// The rows of one admitted request. Whoever creates a job keeps it, and what it points to, until
// Done() has been called. Belongs to the reactor it is added to.
class Job {
 public:
  virtual ~Job() = default;

  // The answer is complete in `outputs`, or `status` says why there is none. Called once.
  virtual void Done(const absl::Status& status) = 0;

  // By when its turn should come: the sooner of its deadline and of what any job may wait.
  Nanos due() const { return std::min(deadline, arrived + kPatience); }

  // When its last row had been computed. REQUIRES: Done() has been called with OK.
  Nanos computed() const { return computed_; }

  lifecycle::ServedModel* model = nullptr;
  const char* input = nullptr;  // [rows][inputs] floats, any alignment

  // One for each of the model's outputs: room for [rows][width] floats, any alignment, or null when
  // nobody wants them.
  std::span<char* const> outputs;
  size_t rows = 0;  // at least 1
  Nanos arrived = 0;
  Nanos deadline = kNoDeadline;  // nobody wants the answer after that

 private:
  friend class Batcher;
  static constexpr Nanos kPatience = 100'000'000;

  size_t rows_taken_ = 0;  // rows that are in a block
  size_t rows_done_ = 0;
  Nanos started_ = 0;  // when the first of its rows began to be computed
  Nanos computed_ = 0;
  absl::Status status_;  // the first error any of its rows met
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_JOB_H_
