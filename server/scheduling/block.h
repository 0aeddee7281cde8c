// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_BLOCK_H_
#define HILLOCK_SERVER_SCHEDULING_BLOCK_H_

#include <atomic>
#include <cstddef>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/scheduling/job.h"

namespace hillock::scheduling {

// Rows of one model version that run together.
//
//   filled  (its batcher) -> pushed -> popped and run (any reactor) -> finished -> completed (its
//   batcher); light blocks are filled, run and completed by one batcher without being pushed
//
// Its batcher owns it, and alone touches its jobs' progress. Between Push() and `finished` the
// block belongs to whoever runs it: the runner reads the jobs' inputs, writes their outputs, and
// fills in the result. `finished` is stored last, with release, and read with acquire, which hands
// the block and the outputs back.
struct Block {
  struct Segment {
    Job* job;
    size_t first;  // row of the job
    size_t rows;
  };

  lifecycle::ServedModel* model = nullptr;
  std::vector<Segment> segments;
  size_t rows = 0;
  Nanos due = 0;  // the soonest of its jobs

  // The result: valid once `finished` is true.
  Nanos started = 0;
  Nanos ended = 0;
  absl::Status status;
  std::atomic<bool> finished{false};
};

// Takes up to `max_rows` waiting rows from the front of `batch`, which loses the jobs that have no
// more. Where the plan reads whole requests, a job is cut only if it has more rows than a block,
// and then at multiples of `max_rows`. REQUIRES: the jobs are of `model`, in the order that they
// are due; there is at least one, and each has rows waiting.
void FillBlock(Block& block, lifecycle::ServedModel& model, std::vector<Job*>& batch,
               size_t max_rows);

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_BLOCK_H_
