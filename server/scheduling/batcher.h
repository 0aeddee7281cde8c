#ifndef HILLOCK_SERVER_SCHEDULING_BATCHER_H_
#define HILLOCK_SERVER_SCHEDULING_BATCHER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/lifecycle/served_model.h"
#include "server/metrics/reactor_cells.h"
#include "server/scheduling/admission.h"
#include "server/scheduling/block.h"
#include "server/scheduling/job.h"
#include "server/scheduling/shared_work_queue.h"

namespace hillock::scheduling {

// Runs jobs in batches: what has been added by the time a model's turn comes is its batch. The
// model of the job that is due soonest comes first. Rows of one block come from one version of one
// model; a job with more rows than a block is spread over several.
//
// What takes longer than a slice is cut into blocks and laid into the shared_work, where this and
// every other batcher takes the block that is due soonest. On a block's way, about every half
// slice, the batcher takes what has arrived, runs what is light, and lays down more blocks where
// others have taken theirs: nothing light waits much longer than a slice for something heavy, and
// no core for work.
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

  // `poll` lets what has arrived be added; it is called while heavy work runs, and never blocks.
  void SetPoll(std::function<void()> poll) { poll_ = std::move(poll); }

  // `flush` sends the answers of the jobs that have been completed since; it is called after each
  // block of light work, and when blocks of heavy work have been collected.
  void SetFlush(std::function<void()> flush) { flush_ = std::move(flush); }

  // Takes the job on, or refuses it as CheckRoom() does; a job refused is not kept.
  absl::Status Add(Job& job);

  // Refuses a job for which Admission::Check() sees no room now, and counts that. Looks at nothing
  // of it but its model, its rows and its times.
  absl::Status CheckRoom(const Job& job);

  // Nobody wants the answer any more: a job of which no row is being computed is completed at once
  // with CANCELLED, any other when the rows that are have been. Does nothing once all its rows are.
  // Not for use by Done(). REQUIRES: the job has been added, and is not done.
  void Abandon(Job& job);

  // Computes and completes every job added, and takes what the shared_work hold.
  void Run();

 private:
  bool RunSoonest();
  bool RunModel(lifecycle::ServedModel& model);
  void TakeJobs(lifecycle::ServedModel& model);
  bool IsLight(const lifecycle::ServedModel& model) const;
  void RunLight(lifecycle::ServedModel& model);
  void Offer(lifecycle::ServedModel& model);
  size_t BlockRows(const lifecycle::ServedModel& model) const;
  void OnPause(lifecycle::ServedModel& busy);
  bool RunWhatCanRun(const lifecycle::ServedModel* busy);

  void Fill(Block& block, lifecycle::ServedModel& model, size_t max_rows);
  void RunBlock(Block& block, bool pausing);
  void Gather(const Block& block);
  void Scatter(const Block& block);
  void Record(const Block& block);
  bool IsProfiled(const lifecycle::ModelQueue& own) const;

  void CollectOffered();
  void Finish(Block& block);
  void FinishSegment(const Block& block, const Block::Segment& segment);
  void Complete(Job& job, const absl::Status& status, Nanos now);
  void Shed(lifecycle::ServedModel& model, ShedReason reason);
  static QueueLoad LoadOf(const lifecycle::ServedModel& model, size_t rows);

  const Options options_;
  SharedWorkQueue& shared_work_;
  metrics::ReactorCells& cells_;
  const Clock& clock_;
  Admission admission_;
  std::function<void()> poll_ = [] {};
  std::function<void()> flush_ = [] {};
  std::vector<Job*> queue_;  // in order of arrival
  std::vector<Job*> batch_;  // jobs of the model whose turn it is, those with rows left
  Block light_;              // used again and again
  std::vector<std::unique_ptr<Block>> offered_;  // this batcher's, not yet finished
};

}  // namespace hillock::scheduling

#endif  // HILLOCK_SERVER_SCHEDULING_BATCHER_H_
