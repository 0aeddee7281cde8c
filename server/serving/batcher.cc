#include "server/serving/batcher.h"

#include <algorithm>
#include <cstring>

namespace hillock::serving {

Batcher::Batcher(size_t reactor, size_t profile_every, metrics::ReactorCells& cells,
                 const Clock& clock)
    : reactor_(reactor), profile_every_(profile_every), cells_(cells), clock_(clock) {}

void Batcher::Run() {
  while (!jobs_.empty()) RunModel(*jobs_.front()->model);
}

void Batcher::RunModel(ServedModel& model) {
  // Completion may destroy a job, so the queue lets go of it first.
  const auto others = std::stable_partition(jobs_.begin(), jobs_.end(),
                                            [&](const Job* job) { return job->model == &model; });
  batch_.assign(jobs_.begin(), others);
  jobs_.erase(jobs_.begin(), others);
  for (Job* job : batch_) Gather(model, *job);
  Flush(model);
}

void Batcher::Gather(ServedModel& model, Job& job) {
  const size_t row_bytes = model.inputs() * sizeof(float);
  for (size_t first = 0; first < job.rows;) {
    if (filled_ == engine::kMaxRows) Flush(model);
    const size_t rows = std::min(job.rows - first, engine::kMaxRows - filled_);
    std::memcpy(model.executor(reactor_).input() + filled_ * model.inputs(),
                job.input + first * row_bytes, rows * row_bytes);
    segments_.push_back({&job, first, rows, filled_});
    filled_ += rows;
    first += rows;
  }
}

void Batcher::Flush(ServedModel& model) {
  if (filled_ == 0) return;
  engine::Executor& executor = model.executor(reactor_);
  const bool profiled = IsProfiled(model.cells(reactor_));
  const Nanos start = clock_.Now();
  const absl::Status status = executor.Run(filled_, profiled);
  const Nanos end = clock_.Now();
  if (status.ok()) Record(model, filled_);
  const size_t row_bytes = model.outputs() * sizeof(float);
  for (const Segment& s : segments_) {
    std::memcpy(s.job->output + s.first * row_bytes, executor.output() + s.at * model.outputs(),
                s.rows * row_bytes);
    if (s.first == 0) s.job->started_ = start;
    s.job->status_.Update(status);
    if (s.first + s.rows == s.job->rows) Complete(*s.job, end);
  }
  segments_.clear();
  filled_ = 0;
}

bool Batcher::IsProfiled(const metrics::ModelCells& cells) const {
  if (profile_every_ == 0) return false;
  uint64_t batches = 0;
  for (size_t i = 0; i <= metrics::RowScale::kBounds; ++i) batches += cells.batch_rows.Bucket(i);
  return batches % profile_every_ == 0;
}

void Batcher::Complete(Job& job, Nanos now) {
  metrics::ModelCells& cells = job.model->cells(reactor_);
  cells.queue_seconds.Observe(static_cast<uint64_t>(job.started_ - job.arrived));
  cells.compute_seconds.Observe(static_cast<uint64_t>(now - job.started_));
  job.Done(job.status_);
}

void Batcher::Record(ServedModel& model, size_t rows) {
  metrics::ModelCells& cells = model.cells(reactor_);
  cells.batch_rows.Observe(rows);
  cells.rows.Add(rows);
  const auto& steps = model.plan().steps();
  const auto reports = model.executor(reactor_).reports();
  for (size_t i = 0; i < steps.size(); ++i) {
    const engine::StepReport& report = reports[i];
    metrics::ActivationCells& a = cells_.activations[steps[i].activation->index];
    const auto backend = static_cast<size_t>(report.backend);
    const size_t path = report.split ? metrics::kSplit : metrics::kFused;
    const size_t elements = rows * steps[i].outputs;
    a.elements[backend][path].Add(elements);
    a.layer_seconds[path].Observe(static_cast<uint64_t>(report.layer));
    if (report.split) {
      a.seconds[backend].Observe(static_cast<uint64_t>(report.activation));
      a.timed_elements[backend].Add(elements);
    }
    cells.sampled[i].Add(report.sample.elements);
    cells.saturated[i].Add(report.sample.saturated);
    if (report.dead_units) {
      cells.dead_units[i].store(static_cast<int64_t>(*report.dead_units),
                                std::memory_order_relaxed);
    }
  }
}

}  // namespace hillock::serving
