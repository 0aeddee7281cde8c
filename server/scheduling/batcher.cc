// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/batcher.h"

#include <algorithm>
#include <utility>

#include "server/core/engine/buckets.h"
#include "server/core/engine/plan.h"
#include "server/core/engine/run.h"
#include "server/lifecycle/served_model.h"
#include "server/lifecycle/time_slice.h"
#include "server/scheduling/shared_work_queue.h"

namespace hillock::scheduling {

Batcher::Batcher(const Options& options, SharedWorkQueue& shared_work, metrics::ReactorCells& cells,
                 const Clock& clock)
    : shared_work_(shared_work),
      clock_(clock),
      admission_(options.limits),
      admitted_(options.reactor, admission_, clock),
      runner_(options.reactor, options.profile_every, admission_, cells, clock) {}

absl::Status Batcher::Add(Job& job) {
  HILLOCK_RETURN_IF_ERROR(CheckRoom(job.request));
  admitted_.Enter(job.request);
  job.progress.Start(job.request.rows);
  queue_.Push(job);
  return absl::OkStatus();
}

void Batcher::Abandon(Job& job) {
  if (!queue_.Remove(job)) return;
  admitted_.CountShed(*job.request.model, ShedReason::kCancelled);
  const Nanos now = clock_.Now();
  if (job.progress.Drop(absl::CancelledError("the client is gone"), now)) {
    admitted_.Complete(job, now);
  }
}

// When nothing can be run but blocks of this batcher are still out, others are at the last of them.
// The wait for those is spent polling, since what arrives meanwhile may be light.
void Batcher::Run() {
  for (;;) {
    if (!RunNext()) {
      if (pushed_.empty()) return;
      poll_();
    }
    Collect();
  }
}

// What is due first, among this batcher's jobs and all reactors' blocks. When that is a heavy job
// that has its share of blocks out already, a block is run instead, since that makes room for the
// next; and when there is none, any other model that can run. False when nothing could be done.
bool Batcher::RunNext() {
  const Job* const soonest = queue_.Soonest();
  if (soonest != nullptr && soonest->request.due() <= shared_work_.NextDue()) {
    if (RunModel(*soonest->request.model)) return true;
  }
  Block* const block = shared_work_.Pop();
  if (block == nullptr) return RunModels(/*busy=*/nullptr);
  RunHeavy(*block);
  return true;
}

// Runs the waiting jobs of a model if they are light, else pushes blocks of them. False when they
// are heavy and as many blocks are out as there are reactors. More would only be committed too
// early: in the queue rows can still expire, be abandoned, and fill up blocks with later ones.
bool Batcher::RunModel(lifecycle::ServedModel& model) {
  const bool light = IsLight(model);
  if (!light && pushed_.size() >= shared_work_.size()) return false;
  TakeBatch(model);
  if (light) {
    RunLight(model);
  } else {
    PushBlocks(model);
  }
  return true;
}

// Of every model, in order of arrival, runs what is light and pushes what is heavy. `busy` is
// within a run: its executor is in use, so nothing of it may be run here, but blocks of it may be
// pushed. A run changes the queue, so the search begins anew after each. Of jobs that follow each
// other and are of one model only the first is asked about.
bool Batcher::RunModels(const lifecycle::ServedModel* busy) {
  bool ran = false;
  const lifecycle::ServedModel* asked = nullptr;
  for (size_t i = 0; i < queue_.size();) {
    lifecycle::ServedModel& model = queue_.ModelOf(i);
    const bool is_other = std::exchange(asked, &model) != &model;
    const bool can_run = is_other && (&model != busy || !IsLight(model));
    if (!can_run || !RunModel(model)) {
      ++i;
    } else {
      ran = true;
      asked = nullptr;
      i = 0;
    }
  }
  return ran;
}

bool Batcher::IsLight(const lifecycle::ServedModel& model) const {
  return model.cost().Of(queue_.RowsOf(model)) <= lifecycle::kTimeSlice;
}

// Jobs leave the queue before any of them is completed, which may destroy it or add it anew. The
// order of arrival is that of being due unless there are deadlines.
void Batcher::TakeBatch(lifecycle::ServedModel& model) {
  queue_.MoveTo(batch_, model);
  const auto has_deadline = [](const Job* job) { return job->request.deadline != kNoDeadline; };
  if (std::ranges::none_of(batch_, has_deadline)) return;
  std::ranges::stable_sort(batch_, {}, [](const Job* job) { return job->request.due(); });
  DropExpired(model);
}

// Not those that have rows in blocks: these are paid for, and the answer is not far.
void Batcher::DropExpired(lifecycle::ServedModel& model) {
  const Nanos now = clock_.Now();
  std::erase_if(batch_, [&](Job* job) {
    if (job->request.deadline > now || job->progress.has_begun()) return false;
    admitted_.CountShed(model, ShedReason::kExpired);
    job->progress.Drop(absl::DeadlineExceededError("the deadline passed while the request waited"),
                       now);
    admitted_.Complete(*job, now);
    return true;
  });
}

// Without yield points: light work is never interrupted, so light_ and batch_ are used by one run
// at a time, and the stack is never deeper than light work within heavy work.
void Batcher::RunLight(lifecycle::ServedModel& model) {
  while (!batch_.empty()) {
    FillBlock(light_, model, batch_, engine::kMaxRows);
    runner_.Run(light_, /*hook=*/nullptr);
    Complete(light_);
    flush_();
  }
}

void Batcher::PushBlocks(lifecycle::ServedModel& model) {
  const size_t rows = BlockRows(model);
  while (!batch_.empty() && pushed_.size() < shared_work_.size()) {
    Block& block = *pushed_.emplace_back(std::make_unique<Block>());
    FillBlock(block, model, batch_, rows);
    shared_work_.Push(block);
  }
  queue_.PutBack(batch_);
}

// rows / (1 + parked reactors), within kMinBlockRows and the model's block_rows. Large blocks take
// the least time for each row; smaller ones let a batch use every idle core. Whole requests are cut
// alike at all times, so that the same one has the same answer.
size_t Batcher::BlockRows(const lifecycle::ServedModel& model) const {
  if (model.plan().reads_whole_requests()) return engine::kMaxRows;
  size_t rows = 0;
  for (const Job* job : batch_) rows += job->progress.waiting();
  const size_t takers = 1 + shared_work_.CountParked();
  const size_t share = (rows + takers - 1) / takers;
  const size_t most = model.cost().block_rows;
  return std::clamp(share, std::min(lifecycle::kMinBlockRows, most), most);
}

void Batcher::RunHeavy(Block& block) {
  lifecycle::ServedModel& model = *block.model;
  const engine::YieldHook hook{lifecycle::kYieldAfter, [&] { YieldPoint(model); }};
  runner_.Run(block, &hook);
}

// Never pops: a block within a block would put off the outer one, which is due sooner, and need
// another executor when it is of the same model.
void Batcher::YieldPoint(lifecycle::ServedModel& busy) {
  poll_();
  Collect();
  RunModels(&busy);
}

void Batcher::Collect() {
  const size_t finished = std::erase_if(pushed_, [this](const std::unique_ptr<Block>& block) {
    if (!block->finished.load(std::memory_order_acquire)) return false;
    Complete(*block);
    return true;
  });
  if (finished > 0) flush_();
}

void Batcher::Complete(const Block& block) {
  for (const Block::Segment& segment : block.segments) {
    Job& job = *segment.job;
    if (job.progress.Finish(segment.rows, block.started, block.status)) {
      admitted_.Complete(job, block.ended);
    }
  }
}

}  // namespace hillock::scheduling
