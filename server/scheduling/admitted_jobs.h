// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_ADMITTED_JOBS_H_
#define HILLOCK_SERVER_SCHEDULING_ADMITTED_JOBS_H_

#include <cstddef>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/scheduling/admission.h"
#include "server/scheduling/job.h"

namespace hillock::scheduling {

// The account of a batcher's jobs, from admission to completion. What waits is kept twice, for all
// models in Admission and for each in its ModelQueue, and Enter() and Complete() move both by the
// same amount. Counts what is shed, and the times of what is done. Not thread-safe.
class AdmittedJobs {
 public:
  // `admission` and `clock` must outlive this.
  AdmittedJobs(size_t reactor, Admission& admission, const Clock& clock)
      : reactor_(reactor), admission_(admission), clock_(clock) {}

  // Refuses a job for which Admission::Check() sees no room now, and counts that. Looks at nothing
  // of it but its model, its rows and its times.
  absl::Status CheckRoom(const JobRequest& request);

  // REQUIRES: CheckRoom() was OK, and nothing has entered since.
  void Enter(const JobRequest& request);

  // The job is done; calls Done(), after which the job may be gone. REQUIRES: it has entered, and
  // nothing else refers to it any more.
  void Complete(Job& job, Nanos now);

  void CountShed(lifecycle::ServedModel& model, ShedReason reason);

 private:
  const size_t reactor_;
  Admission& admission_;
  const Clock& clock_;
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_ADMITTED_JOBS_H_
