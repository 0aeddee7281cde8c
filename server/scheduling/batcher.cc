#include "server/scheduling/batcher.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/core/engine/executor.h"
#include "server/lifecycle/time_slice.h"

namespace hillock::scheduling {

using engine::kMaxRows;

Batcher::Batcher(const Options& options, SharedWorkQueue& shared_work, metrics::ReactorCells& cells,
                 const Clock& clock)
    : options_(options),
      shared_work_(shared_work),
      cells_(cells),
      clock_(clock),
      admission_(options.limits) {}

QueueLoad Batcher::LoadOf(const lifecycle::ServedModel& model, size_t rows) {
  return {rows, rows * (model.inputs() + model.answer_width()) * sizeof(float),
          static_cast<Nanos>(rows) * model.cost().row};
}

absl::Status Batcher::CheckRoom(const Job& job) {
  lifecycle::ServedModel& model = *job.model;
  const QueueView own{model.name(), LoadOf(model, model.queue(options_.reactor).rows),
                      model.options().limits.queue};
  const Nanos now = job.deadline == kNoDeadline ? job.arrived : clock_.Now();
  auto verdict = admission_.Check(LoadOf(model, job.rows), own, now, job.deadline);
  if (!verdict.status.ok()) Shed(model, verdict.reason);
  return std::move(verdict.status);
}

absl::Status Batcher::Add(Job& job) {
  HILLOCK_RETURN_IF_ERROR(CheckRoom(job));
  admission_.Enter(LoadOf(*job.model, job.rows));
  lifecycle::ModelQueue& own = job.model->queue(options_.reactor);
  own.rows += job.rows;
  job.model->cells(options_.reactor).queue_rows.Set(static_cast<int64_t>(own.rows));
  job.rows_taken_ = 0;
  job.rows_done_ = 0;
  job.status_ = absl::OkStatus();
  queue_.push_back(&job);
  return absl::OkStatus();
}

void Batcher::Abandon(Job& job) {
  const auto it = std::ranges::find(queue_, &job);
  if (it == queue_.end()) return;
  queue_.erase(it);
  Shed(*job.model, ShedReason::kCancelled);
  const Nanos now = clock_.Now();
  if (job.rows_done_ == 0) job.started_ = now;
  job.rows_done_ += job.rows - job.rows_taken_;
  job.rows_taken_ = job.rows;
  job.status_ = absl::CancelledError("the client is gone");
  if (job.rows_done_ == job.rows) Complete(job, job.status_, now);
}

void Batcher::Run() {
  for (;;) {
    if (!RunSoonest()) {
      if (offered_.empty()) return;
      poll_();  // other batchers are at the last of them
    }
    CollectOffered();
  }
}

bool Batcher::RunSoonest() {
  const auto soonest = std::ranges::min_element(queue_, {}, &Job::due);
  if (soonest != queue_.end() && (*soonest)->due() <= shared_work_.NextDue()) {
    if (RunModel(*(*soonest)->model)) return true;
  }
  Block* const block = shared_work_.Pop();
  if (block == nullptr) return RunWhatCanRun(nullptr);
  RunBlock(*block, /*pausing=*/true);
  return true;
}

bool Batcher::RunModel(lifecycle::ServedModel& model) {
  const bool light = IsLight(model);
  if (!light && offered_.size() >= shared_work_.size()) return false;
  TakeJobs(model);
  if (light) {
    RunLight(model);
  } else {
    Offer(model);
  }
  return true;
}

// Completion may destroy a job, so the queue lets go of it first.
void Batcher::TakeJobs(lifecycle::ServedModel& model) {
  const auto others = std::stable_partition(queue_.begin(), queue_.end(),
                                            [&](const Job* job) { return job->model == &model; });
  batch_.assign(queue_.begin(), others);
  queue_.erase(queue_.begin(), others);
  if (std::ranges::all_of(batch_, [](const Job* j) { return j->deadline == kNoDeadline; })) return;
  std::ranges::stable_sort(batch_, {}, &Job::due);
  const Nanos now = clock_.Now();
  std::erase_if(batch_, [&](Job* job) {
    if (job->deadline > now || job->rows_taken_ > 0) return false;
    Shed(model, ShedReason::kExpired);
    job->started_ = now;
    Complete(*job, absl::DeadlineExceededError("the deadline passed while the request waited"),
             now);
    return true;
  });
}

bool Batcher::IsLight(const lifecycle::ServedModel& model) const {
  size_t rows = 0;
  for (const Job* job : queue_) {
    if (job->model == &model) rows += job->rows - job->rows_taken_;
  }
  return model.cost().Of(rows) <= lifecycle::kTimeSlice;
}

void Batcher::RunLight(lifecycle::ServedModel& model) {
  while (!batch_.empty()) {
    Fill(light_, model, kMaxRows);
    RunBlock(light_, /*pausing=*/false);
    Finish(light_);
    flush_();
  }
}

// As many blocks as there are batchers to take them. The rest goes on waiting in the queue, where
// it can expire, and meets later rows to fill a block with.
void Batcher::Offer(lifecycle::ServedModel& model) {
  const size_t rows = BlockRows(model);
  while (!batch_.empty() && offered_.size() < shared_work_.size()) {
    Block& block = *offered_.emplace_back(std::make_unique<Block>());
    Fill(block, model, rows);
    shared_work_.Push(block);
  }
  queue_.insert(queue_.begin(), batch_.begin(), batch_.end());
  batch_.clear();
}

// Full blocks compute a row in the least time; smaller ones let a batch use every idle core.
size_t Batcher::BlockRows(const lifecycle::ServedModel& model) const {
  size_t rows = 0;
  for (const Job* job : batch_) rows += job->rows - job->rows_taken_;
  const size_t takers = 1 + shared_work_.CountParked();
  const size_t share = (rows + takers - 1) / takers;
  return std::clamp(share, std::min(lifecycle::kMinBlockRows, model.cost().block_rows),
                    model.cost().block_rows);
}

void Batcher::OnPause(lifecycle::ServedModel& busy) {
  poll_();
  CollectOffered();
  RunWhatCanRun(&busy);
}

bool Batcher::RunWhatCanRun(const lifecycle::ServedModel* busy) {
  bool ran = false;
  for (size_t i = 0; i < queue_.size();) {
    lifecycle::ServedModel& model = *queue_[i]->model;
    const bool can_run = &model != busy || !IsLight(model);  // what is heavy is only laid down
    if (!can_run || !RunModel(model)) {
      ++i;
    } else {
      ran = true;
      i = 0;
    }
  }
  return ran;
}

void Batcher::Fill(Block& block, lifecycle::ServedModel& model, size_t max_rows) {
  block.model = &model;
  block.segments.clear();
  block.rows = 0;
  block.due = batch_.front()->due();
  block.finished.store(false, std::memory_order_relaxed);
  size_t emptied = 0;
  for (Job* job : batch_) {
    const size_t rows = std::min(job->rows - job->rows_taken_, max_rows - block.rows);
    block.segments.push_back({job, job->rows_taken_, rows});
    block.rows += rows;
    job->rows_taken_ += rows;
    if (job->rows_taken_ < job->rows) break;
    ++emptied;
    if (block.rows == max_rows) break;
  }
  batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(emptied));
}

void Batcher::RunBlock(Block& block, bool pausing) {
  lifecycle::ServedModel& model = *block.model;
  engine::Executor& executor = model.executor(options_.reactor);
  Gather(block);
  const bool profiled = IsProfiled(model.queue(options_.reactor));
  const engine::YieldHook pause{lifecycle::kYieldAfter, [&] { OnPause(model); }};
  block.started = clock_.Now();
  block.status = executor.Run(block.rows, profiled, pausing ? &pause : nullptr);
  block.ended = clock_.Now();
  admission_.Observe(block.ended - block.started, model.cost().Of(block.rows));
  if (block.status.ok()) {
    ++model.queue(options_.reactor).batches;
    Record(block);
  }
  Scatter(block);
  block.finished.store(true, std::memory_order_release);
}

void Batcher::Gather(const Block& block) {
  const size_t row_bytes = block.model->inputs() * sizeof(float);
  auto* to = reinterpret_cast<char*>(block.model->executor(options_.reactor).input());
  for (const Block::Segment& s : block.segments) {
    std::memcpy(to, s.job->input + s.first * row_bytes, s.rows * row_bytes);
    to += s.rows * row_bytes;
  }
}

void Batcher::Scatter(const Block& block) {
  const engine::Executor& executor = block.model->executor(options_.reactor);
  for (size_t output = 0; output < block.model->outputs().size(); ++output) {
    const size_t row_bytes = block.model->outputs()[output].width * sizeof(float);
    const auto* from = reinterpret_cast<const char*>(executor.output(output));
    for (const Block::Segment& s : block.segments) {
      char* const to = s.job->outputs[output];
      if (to != nullptr) std::memcpy(to + s.first * row_bytes, from, s.rows * row_bytes);
      from += s.rows * row_bytes;
    }
  }
}

bool Batcher::IsProfiled(const lifecycle::ModelQueue& own) const {
  return options_.profile_every != 0 && own.batches % options_.profile_every == 0;
}

void Batcher::CollectOffered() {
  const size_t finished = std::erase_if(offered_, [this](const std::unique_ptr<Block>& block) {
    if (!block->finished.load(std::memory_order_acquire)) return false;
    Finish(*block);
    return true;
  });
  if (finished > 0) flush_();
}

void Batcher::Finish(Block& block) {
  for (const Block::Segment& segment : block.segments) FinishSegment(block, segment);
}

void Batcher::FinishSegment(const Block& block, const Block::Segment& segment) {
  Job& job = *segment.job;
  job.started_ = job.rows_done_ == 0 ? block.started : std::min(job.started_, block.started);
  job.rows_done_ += segment.rows;
  job.status_.Update(block.status);
  if (job.rows_done_ == job.rows) Complete(job, job.status_, block.ended);
}

void Batcher::Complete(Job& job, const absl::Status& status, Nanos now) {
  metrics::ModelCells& cells = job.model->cells(options_.reactor);
  const auto queued = static_cast<uint64_t>(job.started_ - job.arrived);
  const auto computed = static_cast<uint64_t>(now - job.started_);
  cells.queue_nanos.Observe(queued);
  cells.compute_nanos.Observe(computed);
  if (status.ok()) {
    cells.nanos.queue.Add(queued);
    cells.nanos.compute.Add(computed);
    job.computed_ = now;
  }
  lifecycle::ModelQueue& own = job.model->queue(options_.reactor);
  own.rows -= job.rows;
  cells.queue_rows.Set(static_cast<int64_t>(own.rows));
  admission_.Leave(LoadOf(*job.model, job.rows));
  job.Done(status);
}

void Batcher::Shed(lifecycle::ServedModel& model, ShedReason reason) {
  model.cells(options_.reactor).CountShed(reason);
}

void Batcher::Record(const Block& block) {
  lifecycle::ServedModel& model = *block.model;
  metrics::ModelCells& cells = model.cells(options_.reactor);
  cells.batch_rows.Observe(block.rows);
  cells.rows.Add(block.rows);
  cells.last_batch.Set(block.ended);
  const auto& steps = model.plan().steps();
  const auto reports = model.executor(options_.reactor).reports();
  for (size_t i = 0; i < steps.size(); ++i) {
    const engine::StepReport& report = reports[i];
    metrics::ActivationCells& a = cells_.activations[engine::ActivationOf(steps[i]).index];
    const auto backend = static_cast<size_t>(report.backend);
    const size_t path = report.split ? metrics::kSplit : metrics::kFused;
    const size_t elements = block.rows * engine::OutputsOf(steps[i]);
    a.elements[backend][path].Add(elements);
    a.layer_nanos[path].Observe(static_cast<uint64_t>(report.layer));
    if (report.split) {
      a.nanos[backend].Observe(static_cast<uint64_t>(report.activation));
      a.timed_elements[backend].Add(elements);
    }
    metrics::LayerCells& layer = cells.layers[i];
    layer.sampled.Add(report.sample.elements);
    layer.saturated.Add(report.sample.saturated);
    if (report.dead_units) layer.dead_units.Set(static_cast<int64_t>(*report.dead_units));
  }
}

}  // namespace hillock::scheduling
