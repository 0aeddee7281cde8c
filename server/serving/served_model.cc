#include "server/serving/served_model.h"

#include <algorithm>
#include <utility>

namespace hillock::serving {
namespace {

std::vector<metrics::LayerLabels> LabelsOf(const engine::Plan& plan) {
  std::vector<metrics::LayerLabels> labels;
  for (const engine::Step& step : plan.steps()) labels.push_back({step.name, step.activation});
  return labels;
}

}  // namespace

absl::StatusOr<std::shared_ptr<ServedModel>> ServedModel::Create(
    std::string name, int64_t version, std::shared_ptr<const model::Mlp> mlp,
    const engine::PlanOptions& options, size_t reactors, metrics::Registry& registry,
    const Clock& clock) {
  const Nanos start = clock.Now();
  const std::shared_ptr<ServedModel> served(new ServedModel());
  served->name_ = std::move(name);
  served->version_ = version;
  served->mlp_ = std::move(mlp);
  served->options_ = options;
  served->plan_ = engine::Plan::Compile(*served->mlp_, options);
  for (size_t i = 0; i < reactors; ++i) {
    served->executors_.push_back(std::make_unique<engine::Executor>(served->plan_, clock));
  }
  HILLOCK_RETURN_IF_ERROR(served->Warm());
  served->metrics_ =
      registry.AddModel(served->name_, std::to_string(version), LabelsOf(*served->plan_));
  served->metrics_->load_seconds = 1e-9 * static_cast<double>(clock.Now() - start);
  served->metrics_->bytes = static_cast<double>(served->plan_->bytes());
  return served;
}

absl::Status ServedModel::Warm() {
  for (const auto& executor : executors_) {
    for (const size_t rows : engine::kBuckets) {
      std::fill_n(executor->input(), rows * inputs(), 0.0f);
      HILLOCK_RETURN_IF_ERROR(executor->Run(rows, /*profile=*/false));
    }
  }
  return absl::OkStatus();
}

const std::string& ServedModel::LabelOf(const float* outputs) const {
  const auto& labels = mlp_->class_labels;
  if (this->outputs() == 1) return labels[outputs[0] >= mlp_->threshold ? 1 : 0];
  const float* const highest = std::max_element(outputs, outputs + this->outputs());
  return labels[static_cast<size_t>(highest - outputs)];
}

}  // namespace hillock::serving
