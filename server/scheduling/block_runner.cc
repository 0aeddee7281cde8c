// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/block_runner.h"

#include <cstdint>
#include <cstring>

#include "server/core/activation/activation.h"
#include "server/core/engine/executor.h"
#include "server/core/engine/plan.h"
#include "server/lifecycle/served_model.h"
#include "server/metrics/reactor_cells.h"

namespace hillock::scheduling {

// `started` and `ended` enclose the executor alone, as the cost of a row does that they are
// compared with. `finished` comes last: from then on the owner may complete the jobs and reuse or
// free the block, so nothing of it is touched any more.
void BlockRunner::Run(Block& block, const engine::YieldHook* hook) {
  lifecycle::ServedModel& model = *block.model;
  engine::Executor& executor = model.executor(reactor_);
  Gather(block);
  const bool profiled = IsNextProfiled(model);
  block.started = clock_.Now();
  block.status = executor.Run(block.rows, profiled, hook, RequestsOf(block));
  block.ended = clock_.Now();
  admission_.Observe(block.ended - block.started, model.cost().Of(block.rows));
  if (block.status.ok()) Count(block);
  Scatter(block);
  block.finished.store(true, std::memory_order_release);
}

std::span<const size_t> BlockRunner::RequestsOf(const Block& block) {
  requests_.clear();
  if (block.model->plan().reads_whole_requests()) {
    for (const Block::Segment& s : block.segments) requests_.push_back(s.rows);
  }
  return requests_;
}

bool BlockRunner::IsNextProfiled(lifecycle::ServedModel& model) const {
  return profile_every_ != 0 && model.queue(reactor_).batches % profile_every_ == 0;
}

void BlockRunner::Gather(const Block& block) const {
  const size_t row_bytes = block.model->input_width() * sizeof(float);
  auto* to = reinterpret_cast<char*>(block.model->executor(reactor_).input());
  for (const Block::Segment& s : block.segments) {
    std::memcpy(to, s.job->request.input + s.first * row_bytes, s.rows * row_bytes);
    to += s.rows * row_bytes;
  }
}

// After a run that failed the outputs are garbage, but nobody reads them. Of constants the executor
// has nothing.
void BlockRunner::Scatter(const Block& block) const {
  const engine::Executor& executor = block.model->executor(reactor_);
  size_t value = 0;  // of the plan's outputs, which are all but the constants
  for (size_t output = 0; output < block.model->outputs().size(); ++output) {
    const lifecycle::ServedOutput& served = block.model->outputs()[output];
    if (served.is_constant()) continue;
    const size_t row_bytes = served.width * sizeof(float);
    const auto* from = reinterpret_cast<const char*>(executor.output(value++));
    for (const Block::Segment& s : block.segments) {
      char* const to = s.job->request.outputs[output];
      if (to != nullptr) std::memcpy(to + s.first * row_bytes, from, s.rows * row_bytes);
      from += s.rows * row_bytes;
    }
  }
}

// All in this reactor's cells, whoever's block it is.
void BlockRunner::Count(const Block& block) {
  lifecycle::ServedModel& model = *block.model;
  ++model.queue(reactor_).batches;
  metrics::ModelCells& cells = model.cells(reactor_);
  cells.batch_rows.Observe(block.rows);
  cells.rows.Add(block.rows);
  cells.last_batch.Set(block.ended);
  CountSteps(block);
}

void BlockRunner::CountSteps(const Block& block) {
  metrics::ModelCells& cells = block.model->cells(reactor_);
  const auto& steps = block.model->plan().steps();
  const auto reports = block.model->executor(reactor_).reports();
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
    if (report.sample.elements > 0) {
      layer.Add(report.sample.inputs, report.sample.derivatives);
      layer.dense_seconds.Add(ToSeconds(report.layer - report.activation));
      layer.activation_seconds.Add(ToSeconds(report.activation));
    }
    layer.sampled.Add(report.sample.elements);
    layer.saturated.Add(report.sample.saturated);
    if (report.dead_units) layer.dead_units.Set(static_cast<int64_t>(*report.dead_units));
  }
}

}  // namespace hillock::scheduling
