#ifndef HILLOCK_SERVER_SCHEDULING_BLOCK_H_
#define HILLOCK_SERVER_SCHEDULING_BLOCK_H_

#include <atomic>
#include <cstddef>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/scheduling/job.h"

namespace hillock::scheduling {

// Rows of one model version that run together, on whichever reactor takes them. Made and completed
// by the batcher of its jobs; whoever runs it reads the jobs' inputs, writes their outputs and
// tells here how it went.
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

  // Valid once `finished` is true.
  Nanos started = 0;
  Nanos ended = 0;
  absl::Status status;
  std::atomic<bool> finished{false};
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_BLOCK_H_
