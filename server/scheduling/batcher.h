// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_SCHEDULING_BATCHER_H_
#define HILLOCK_SERVER_SCHEDULING_BATCHER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/limits.h"
#include "server/core/base/status.h"
#include "server/scheduling/admission.h"
#include "server/scheduling/admitted_jobs.h"
#include "server/scheduling/block.h"
#include "server/scheduling/block_runner.h"
#include "server/scheduling/job.h"
#include "server/scheduling/job_queue.h"

namespace hillock::scheduling {

class SharedWorkQueue;

// Runs jobs in batches: what has been added by the time a model's turn comes is its batch. The
// model of the job that is due first comes first. Rows of one block come from one version of one
// model; a job with more rows than a block is spread over several.
//
//            CheckRoom()            the model's turn
//   Add() ----------------> queue ------------------> batch
//             refused                                  |
//                             cost <= kTimeSlice       |       cost > kTimeSlice
//                          +---------------------------+---------------------------+
//                          v light                                                 v heavy
//                 one block after the other:                        blocks of cost().block_rows
//                 fill, run, complete, flush                        or fewer, as many as there are
//                                                                   reactors; the rest back to the
//                                                                   queue
//                                                                                  |
//                                                                          shared work queue
//                                                                                  | due first
//                                                                                  v
//                                              this or any other batcher runs it, with yield
//                                              points; this one collects it, completes its jobs,
//                                              flushes
//
// A yield point polls the network, collects, runs what is light, and pushes more blocks in place of
// those that were popped. So what is light waits for little more than a time slice, and no core is
// idle while there is heavy work.
//
// Belongs to one reactor; not thread-safe.
class Batcher {
 public:
  struct Options {
    size_t reactor = 0;  // whose executors and cells to use

    // One batch in this many of each model is profiled, its first included; 0 profiles none.
    size_t profile_every = 0;
    QueueLimits limits{};  // of the jobs of all models
  };

  // All must outlive this.
  Batcher(const Options& options, SharedWorkQueue& shared_work, metrics::ReactorCells& cells,
          const Clock& clock);
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // `poll` lets what has arrived be added; it is called while heavy work runs, and never blocks.
  void SetPoll(std::function<void()> poll) { poll_ = std::move(poll); }

  // `flush` sends the answers of the jobs that have been completed since; it is called after each
  // block of light work, and when blocks of heavy work have been collected.
  void SetFlush(std::function<void()> flush) { flush_ = std::move(flush); }

  // Takes the job on, or refuses it as CheckRoom() does; a job refused is not kept.
  absl::Status Add(Job& job);

  // Refuses a job for which there is no room now, and counts that. Looks at nothing of it but its
  // model, its rows and its times.
  absl::Status CheckRoom(const JobRequest& request) { return admitted_.CheckRoom(request); }

  // Nobody wants the answer any more: a job of which no row is in a block is completed at once with
  // CANCELLED, any other when the rows that are have been run. Does nothing once all its rows are.
  // Not for use by Done(). REQUIRES: the job has been added, and is not done.
  void Abandon(Job& job);

  // Computes and completes every job added, and runs blocks of others while there are any.
  void Run();

 private:
  bool RunNext();
  bool RunModel(lifecycle::ServedModel& model);
  bool RunModels(const lifecycle::ServedModel* busy);
  bool IsLight(const lifecycle::ServedModel& model) const;
  void TakeBatch(lifecycle::ServedModel& model);
  void DropExpired(lifecycle::ServedModel& model);
  void RunLight(lifecycle::ServedModel& model);
  void PushBlocks(lifecycle::ServedModel& model);
  size_t BlockRows(const lifecycle::ServedModel& model) const;
  void RunHeavy(Block& block);
  void YieldPoint(lifecycle::ServedModel& busy);
  void Collect();
  void Complete(const Block& block);

  SharedWorkQueue& shared_work_;
  const Clock& clock_;
  Admission admission_;
  AdmittedJobs admitted_;
  BlockRunner runner_;
  std::function<void()> poll_ = [] {};
  std::function<void()> flush_ = [] {};

  // A job that is not done has its waiting rows in queue_ or, within RunModel(), in batch_; its
  // other rows are in light_ or in blocks of pushed_.
  JobQueue queue_;
  std::vector<Job*> batch_;                     // empty but within RunModel(): jobs of its model
  Block light_;                                 // used again and again
  std::vector<std::unique_ptr<Block>> pushed_;  // at most one a reactor, until collected
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_BATCHER_H_
