#include "server/serving/served_model.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/engine/precision.h"

namespace hillock::serving {
namespace {

// A batch large enough to show what one more row costs.
constexpr size_t kManyRows = 32;

std::vector<metrics::LayerLabels> LabelsOf(const engine::Plan& plan) {
  std::vector<metrics::LayerLabels> labels;
  for (const engine::Step& step : plan.steps()) labels.push_back({step.name, step.activation});
  return labels;
}

std::vector<ServedOutput> OutputsOf(const model::Mlp& mlp) {
  std::vector<ServedOutput> outputs;
  for (const model::Output& output : mlp.outputs) {
    outputs.push_back({output, mlp.width(output),
                       output.class_labels.empty() ? std::string() : mlp.LabelName(output)});
  }
  return outputs;
}

}  // namespace

const std::string& ServedOutput::LabelOf(const float* row) const {
  const auto& labels = output.class_labels;
  if (width == 1) return labels[row[0] >= output.threshold ? 1 : 0];
  return labels[static_cast<size_t>(std::max_element(row, row + width) - row)];
}

absl::StatusOr<std::shared_ptr<ServedModel>> ServedModel::Create(
    std::string name, int64_t version, std::shared_ptr<const model::Mlp> mlp,
    const engine::PlanOptions& options, size_t reactors, metrics::Registry& registry,
    const Clock& clock) {
  const Nanos start = clock.Now();
  const std::shared_ptr<ServedModel> served(new ServedModel());
  served->name_ = std::move(name);
  served->version_ = version;
  served->input_name_ = mlp->input_name;
  served->answer_width_ = mlp->answer_width();
  served->outputs_ = OutputsOf(*mlp);
  served->options_ = options;
  served->plan_ = engine::Plan::Compile(*mlp, options);
  HILLOCK_RETURN_IF_ERROR(engine::CheckPrecision(*mlp, options, served->plan_));
  for (size_t i = 0; i < reactors; ++i) {
    served->executors_.push_back(std::make_unique<engine::Executor>(served->plan_, clock));
  }
  HILLOCK_RETURN_IF_ERROR(served->Warm(clock));
  served->metrics_ =
      registry.AddModel(served->name_, std::to_string(version), LabelsOf(*served->plan_),
                        {.load_seconds = 1e-9 * static_cast<double>(clock.Now() - start),
                         .bytes = static_cast<double>(served->plan_->bytes())});
  return served;
}

absl::Status ServedModel::Run(size_t rows) {
  engine::Executor& executor = *executors_.front();
  std::fill_n(executor.input(), rows * inputs(), 0.0f);
  return executor.Run(rows, /*profile=*/false);
}

absl::StatusOr<Nanos> ServedModel::TimeRun(size_t rows, const Clock& clock) {
  const Nanos start = clock.Now();
  HILLOCK_RETURN_IF_ERROR(Run(rows));
  return clock.Now() - start;
}

absl::Status ServedModel::Warm(const Clock& clock) {
  for (const auto& executor : executors_) {
    std::fill_n(executor->input(), inputs(), 0.0f);
    HILLOCK_RETURN_IF_ERROR(executor->Run(1, /*profile=*/false));
  }
  HILLOCK_ASSIGN_OR_RETURN(first_row_cost_, TimeRun(1, clock));
  HILLOCK_RETURN_IF_ERROR(Run(kManyRows));
  HILLOCK_RETURN_IF_ERROR(TimeRun(kManyRows, clock).status());
  const auto fitting = static_cast<size_t>(static_cast<Nanos>(kManyRows) * kSlice / LongestLayer());
  auto bucket =
      std::prev(std::ranges::upper_bound(engine::kBuckets, std::max(fitting, kFewestBlockRows)));
  for (;; --bucket) {  // fewer rows take longer each
    block_rows_ = *bucket;
    HILLOCK_ASSIGN_OR_RETURN(const Nanos block, TimeRun(block_rows_, clock));
    row_cost_ = block / static_cast<Nanos>(block_rows_) + 1;
    if (LongestLayer() <= kSlice || block_rows_ <= kFewestBlockRows) return absl::OkStatus();
  }
}

Nanos ServedModel::LongestLayer() const {
  Nanos longest = 1;
  for (const engine::StepReport& report : executors_.front()->reports()) {
    longest = std::max(longest, report.layer);
  }
  return longest;
}

Nanos ServedModel::Cost(size_t rows) const {
  return std::max(first_row_cost_, static_cast<Nanos>(rows) * row_cost_);
}

}  // namespace hillock::serving
