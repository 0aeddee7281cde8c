// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_JOB_H_
#define HILLOCK_SERVER_SCHEDULING_JOB_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"

namespace hillock::lifecycle {
class ServedModel;
}

namespace hillock::scheduling {

// The rows of one request and where their answers go. What it points to stays until the job is
// done.
struct JobRequest {
  static constexpr Nanos kPatience = 100'000'000;

  lifecycle::ServedModel* model = nullptr;
  const char* input = nullptr;  // [rows][inputs] floats, any alignment

  // One for each of the model's outputs: room for [rows][width] floats, any alignment, or null when
  // nobody wants them; constants have none.
  std::span<char* const> outputs;
  size_t rows = 0;  // at least 1
  Nanos arrived = 0;
  Nanos deadline = kNoDeadline;  // nobody wants the answer after that

  // Jobs run in this order: min(deadline, arrived + kPatience). The patience keeps jobs with a near
  // deadline from starving those without one.
  Nanos due() const { return std::min(deadline, arrived + kPatience); }
};

// Hears of the end of a job.
class Completion {
 public:
  // Called once for each job that was added, on the reactor's thread. The answer is in the outputs,
  // and `computed` is when its last row was; or `status` says why there is none. The job may be
  // destroyed, or added again as another one.
  virtual void Done(const absl::Status& status, Nanos computed) = 0;

 protected:
  ~Completion() = default;
};

// How far the rows of a job have come. Kept by its batcher.
//
//   waiting --Take()--> in a block --Finish()--> done
//      |                                           ^
//      +------------------Drop()-------------------+
//
// 0 <= done <= taken <= rows. The job is done when all of its rows are.
class JobProgress {
 public:
  // All rows wait. REQUIRES: rows > 0.
  void Start(size_t rows) {
    rows_ = rows;
    taken_ = done_ = 0;
    status_ = absl::OkStatus();
  }

  size_t waiting() const { return rows_ - taken_; }
  bool has_begun() const { return taken_ > 0; }

  // Puts `rows` of those that wait into a block, and returns the number of the first.
  size_t Take(size_t rows) { return std::exchange(taken_, taken_ + rows); }

  // A block with `rows` of them was run. True when the job is done.
  bool Finish(size_t rows, Nanos started, const absl::Status& status) {
    started_ = done_ == 0 ? started : std::min(started_, started);
    done_ += rows;
    status_.Update(status);
    return done_ == rows_;
  }

  // The rows that wait are not going to be computed, because of `status`. True when the job is
  // done; else it is when the blocks that have its other rows are.
  bool Drop(const absl::Status& status, Nanos now) {
    if (done_ == 0) started_ = now;
    done_ += waiting();
    taken_ = rows_;
    status_ = status;
    return done_ == rows_;
  }

  Nanos started() const { return started_; }              // when its first block was
  const absl::Status& status() const { return status_; }  // the first error of any of its rows

 private:
  size_t rows_ = 0;
  size_t taken_ = 0;
  size_t done_ = 0;
  Nanos started_ = 0;
  absl::Status status_;
};

// A request in a batcher. Its creator owns it, fills in `request`, and keeps both until
// Completion::Done(). Belongs to the reactor that it is added to.
struct Job {
  explicit Job(Completion& on_done) : completion(on_done) {}

  JobRequest request;
  Completion& completion;
  JobProgress progress;  // the batcher's; to be read when the job is done
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_JOB_H_
