// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/job_queue.h"

#include <algorithm>

namespace hillock::scheduling {

bool JobQueue::Remove(const Job& job) {
  const auto it = std::ranges::find(jobs_, &job);
  if (it == jobs_.end()) return false;
  jobs_.erase(it);
  return true;
}

Job* JobQueue::Soonest() const {
  const auto due = [](const Job* job) { return job->request.due(); };
  const auto soonest = std::ranges::min_element(jobs_, {}, due);
  return soonest == jobs_.end() ? nullptr : *soonest;
}

size_t JobQueue::RowsOf(const lifecycle::ServedModel& model) const {
  size_t rows = 0;
  for (const Job* job : jobs_) {
    if (job->request.model == &model) rows += job->progress.waiting();
  }
  return rows;
}

void JobQueue::MoveTo(std::vector<Job*>& batch, const lifecycle::ServedModel& model) {
  batch.clear();
  std::erase_if(jobs_, [&](Job* job) {
    if (job->request.model != &model) return false;
    batch.push_back(job);
    return true;
  });
}

void JobQueue::PutBack(std::vector<Job*>& batch) {
  jobs_.insert(jobs_.begin(), batch.begin(), batch.end());
  batch.clear();
}

}  // namespace hillock::scheduling
