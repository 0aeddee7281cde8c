// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/block.h"

#include <algorithm>

#include "server/core/engine/plan.h"
#include "server/lifecycle/served_model.h"

namespace hillock::scheduling {

void FillBlock(Block& block, lifecycle::ServedModel& model, std::vector<Job*>& batch,
               size_t max_rows) {
  block.model = &model;
  block.segments.clear();
  block.rows = 0;
  block.due = batch.front()->request.due();
  block.finished.store(false, std::memory_order_relaxed);
  // Only the last job that is taken from keeps rows: the jobs before it are emptied and leave.
  size_t emptied = 0;
  for (Job* job : batch) {
    const size_t rows = std::min(job->progress.waiting(), max_rows - block.rows);
    const bool is_cut = rows < job->progress.waiting();
    if (is_cut && block.rows > 0 && model.plan().reads_whole_requests()) break;
    block.segments.push_back({job, job->progress.Take(rows), rows});
    block.rows += rows;
    if (job->progress.waiting() > 0) break;
    ++emptied;
    if (block.rows == max_rows) break;
  }
  batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(emptied));
}

}  // namespace hillock::scheduling
