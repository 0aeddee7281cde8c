// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/admitted_jobs.h"

#include <cstdint>
#include <utility>

#include "server/lifecycle/served_model.h"

namespace hillock::scheduling {
namespace {

QueueLoad LoadOf(const lifecycle::ServedModel& model, size_t rows) {
  return {rows, rows * (model.input_width() + model.answer_width()) * sizeof(float),
          static_cast<Nanos>(rows) * model.cost().row};
}

}  // namespace

// Without a deadline the time does not matter, and the clock is not read.
absl::Status AdmittedJobs::CheckRoom(const JobRequest& request) {
  lifecycle::ServedModel& model = *request.model;
  const QueueView own{model.name(), LoadOf(model, model.queue(reactor_).rows),
                      model.options().limits.queue};
  const Nanos now = request.deadline == kNoDeadline ? request.arrived : clock_.Now();
  auto verdict = admission_.Check(LoadOf(model, request.rows), own, now, request.deadline);
  if (!verdict.status.ok()) CountShed(model, verdict.reason);
  return std::move(verdict.status);
}

// The gauge shows what ModelQueue holds, and is never read: without metrics all would be decided
// alike.
void AdmittedJobs::Enter(const JobRequest& request) {
  lifecycle::ServedModel& model = *request.model;
  admission_.Enter(LoadOf(model, request.rows));
  lifecycle::ModelQueue& own = model.queue(reactor_);
  own.rows += request.rows;
  model.cells(reactor_).queue_rows.Set(static_cast<int64_t>(own.rows));
}

// The account is settled before Done(), which may add the next job and needs its room.
void AdmittedJobs::Complete(Job& job, Nanos now) {
  const JobRequest& request = job.request;
  lifecycle::ServedModel& model = *request.model;
  metrics::ModelCells& cells = model.cells(reactor_);
  const auto queued = static_cast<uint64_t>(job.progress.started() - request.arrived);
  const auto computed = static_cast<uint64_t>(now - job.progress.started());
  cells.queue_nanos.Observe(queued);
  cells.compute_nanos.Observe(computed);
  if (job.progress.status().ok()) {
    cells.nanos.queue.Add(queued);
    cells.nanos.compute.Add(computed);
  }
  lifecycle::ModelQueue& own = model.queue(reactor_);
  own.rows -= request.rows;
  cells.queue_rows.Set(static_cast<int64_t>(own.rows));
  admission_.Leave(LoadOf(model, request.rows));
  job.completion.Done(job.progress.status(), now);
}

void AdmittedJobs::CountShed(lifecycle::ServedModel& model, ShedReason reason) {
  model.cells(reactor_).CountShed(reason);
}

}  // namespace hillock::scheduling
