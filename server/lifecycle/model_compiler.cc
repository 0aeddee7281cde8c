// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/model_compiler.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "server/core/engine/executor.h"
#include "server/core/engine/plan.h"
#include "server/core/engine/precision_check.h"
#include "server/lifecycle/stopping.h"
#include "server/metrics/registry.h"

namespace hillock::lifecycle {
namespace {

std::vector<metrics::LayerLabels> LabelsOf(const engine::Plan& plan) {
  std::vector<metrics::LayerLabels> labels;
  for (const engine::Step& step : plan.steps()) {
    labels.push_back({engine::NameOf(step), &engine::ActivationOf(step)});
  }
  return labels;
}

double SecondsSinceTheEpoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

ModelCompiler::ModelCompiler(size_t reactors, metrics::Registry& registry, const Clock& clock,
                             const Clock* cost_clock, std::stop_token stop)
    : reactors_(reactors),
      registry_(registry),
      clock_(clock),
      cost_clock_(cost_clock == nullptr ? clock : *cost_clock),
      stop_(std::move(stop)) {}

// The registry comes last: a model that is refused never shows up in the metrics.
absl::StatusOr<std::shared_ptr<ServedModel>> ModelCompiler::Compile(
    const std::string& name, int64_t version, const std::shared_ptr<const model::Mlp>& mlp,
    const repository::ServingOptions& options) {
  const Nanos start = clock_.Now();
  HILLOCK_ASSIGN_OR_RETURN(ServedModel::Parts parts, MakeParts(*mlp, options));
  parts.metrics = registry_.AddModel(name, std::to_string(version), LabelsOf(*parts.plan),
                                     {.load_seconds = ToSeconds(clock_.Now() - start),
                                      .loaded_time = SecondsSinceTheEpoch(),
                                      .bytes = static_cast<double>(parts.plan->bytes())});
  return std::make_shared<ServedModel>(name, version, *mlp, std::move(parts));
}

absl::StatusOr<ServedModel::Parts> ModelCompiler::MakeParts(
    const model::Mlp& mlp, const repository::ServingOptions& options) const {
  const engine::PlanOptions plan_options{options.compute};
  ServedModel::Parts parts{.options = options};
  parts.plan = engine::Plan::Compile(mlp, plan_options);
  HILLOCK_RETURN_IF_ERROR(CheckNotStopping(stop_));
  HILLOCK_RETURN_IF_ERROR(engine::CheckPrecision(mlp, plan_options, parts.plan));
  HILLOCK_RETURN_IF_ERROR(CheckNotStopping(stop_));
  HILLOCK_RETURN_IF_ERROR(MakeExecutors(parts));
  HILLOCK_RETURN_IF_ERROR(CheckNotStopping(stop_));
  HILLOCK_ASSIGN_OR_RETURN(parts.cost, MeasureRowCost(parts.plan, cost_clock_));
  return parts;
}

// A first run touches the pages of the buffers and whatever oneDNN makes lazily, so that no request
// pays for that.
absl::Status ModelCompiler::MakeExecutors(ServedModel::Parts& parts) const {
  for (size_t i = 0; i < reactors_; ++i) {
    auto executor = std::make_unique<engine::Executor>(parts.plan, clock_);
    std::fill_n(executor->input(), parts.plan->inputs(), 0.0f);
    HILLOCK_RETURN_IF_ERROR(executor->Run(1, /*profile=*/false));
    parts.executors.push_back(std::move(executor));
  }
  return absl::OkStatus();
}

}  // namespace hillock::lifecycle
