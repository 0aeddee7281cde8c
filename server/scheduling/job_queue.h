// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_JOB_QUEUE_H_
#define HILLOCK_SERVER_SCHEDULING_JOB_QUEUE_H_

#include <cstddef>
#include <vector>

#include "server/scheduling/job.h"

namespace hillock::scheduling {

// The jobs of all models that have rows waiting. In order of arrival, except that what was put back
// comes first. A plain vector: it holds what a few milliseconds bring, and is read from end to end.
// Not thread-safe.
class JobQueue {
 public:
  size_t size() const { return jobs_.size(); }
  lifecycle::ServedModel& ModelOf(size_t index) const { return *jobs_[index]->request.model; }

  void Push(Job& job) { jobs_.push_back(&job); }

  // False when the job is not in here, since none of its rows waits.
  bool Remove(const Job& job);

  // The job that is due first, and of equal ones the one in front; null when there is none.
  Job* Soonest() const;

  // Rows of a model that wait.
  size_t RowsOf(const lifecycle::ServedModel& model) const;

  // Moves the jobs of a model to `batch`, in order. What was in `batch` is dropped.
  void MoveTo(std::vector<Job*>& batch, const lifecycle::ServedModel& model);

  // Moves `batch` back, to the front.
  void PutBack(std::vector<Job*>& batch);

 private:
  std::vector<Job*> jobs_;
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_JOB_QUEUE_H_
