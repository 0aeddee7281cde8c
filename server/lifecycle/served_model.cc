#include "server/lifecycle/served_model.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/engine/precision_check.h"
#include "server/lifecycle/stopping.h"

namespace hillock::lifecycle {
namespace {

// A batch large enough to show what a row of many costs.
constexpr size_t kManyRows = 32;

std::vector<metrics::LayerLabels> LabelsOf(const engine::Plan& plan) {
  std::vector<metrics::LayerLabels> labels;
  for (const engine::Step& step : plan.steps()) {
    labels.push_back({engine::NameOf(step), &engine::ActivationOf(step)});
  }
  return labels;
}

std::vector<ServedOutput> OutputsOf(const model::Mlp& mlp) {
  std::vector<ServedOutput> outputs;
  for (const model::Output& output : mlp.outputs) {
    outputs.push_back(
        {output, mlp.width(output), output.has_labels() ? mlp.LabelName(output) : std::string()});
  }
  return outputs;
}

// Runs of a plan on a clock of their own.
class Trial {
 public:
  Trial(std::shared_ptr<const engine::Plan> plan, const Clock& clock)
      : clock_(clock), executor_(std::move(plan), clock) {}

  // How long a run of so many rows of zeros takes.
  absl::StatusOr<Nanos> Run(size_t rows) {
    std::fill_n(executor_.input(), rows * executor_.plan().inputs(), 0.0f);
    const engine::YieldHook hook{0, YieldIfContended};
    const Nanos start = clock_.Now();
    HILLOCK_RETURN_IF_ERROR(executor_.Run(rows, /*profile=*/false, &hook));
    return clock_.Now() - start;
  }

  Nanos LongestStretch() const {  // of the last run
    const auto longest =
        std::ranges::max(executor_.reports(), {}, &engine::StepReport::longest_uninterruptible);
    return std::max<Nanos>(longest.longest_uninterruptible, 1);
  }

 private:
  const Clock& clock_;
  engine::Executor executor_;
};

}  // namespace

const std::string& ServedOutput::LabelOf(const float* row) const {
  const auto& labels = output.class_labels;
  if (width == 1) return labels[IsYes(row[0]) ? 1 : 0];
  return labels[static_cast<size_t>(std::max_element(row, row + width) - row)];
}

absl::StatusOr<std::shared_ptr<ServedModel>> ServedModel::Create(
    std::string name, int64_t version, std::shared_ptr<const model::Mlp> mlp,
    const Options& options, size_t reactors, metrics::Registry& registry, const Clock& clock,
    const Clock* cost_clock, const std::stop_token& stop) {
  const Nanos start = clock.Now();
  const std::shared_ptr<ServedModel> served(new ServedModel());
  served->name_ = std::move(name);
  served->version_ = version;
  served->input_name_ = mlp->input_name;
  served->answer_width_ = mlp->answer_width();
  served->outputs_ = OutputsOf(*mlp);
  served->options_ = options;
  served->plan_ = engine::Plan::Compile(*mlp, options.plan);
  HILLOCK_RETURN_IF_ERROR(CheckNotStopping(stop));
  HILLOCK_RETURN_IF_ERROR(engine::CheckPrecision(*mlp, options.plan, served->plan_));
  for (size_t i = 0; i < reactors; ++i) {
    served->executors_.push_back(std::make_unique<engine::Executor>(served->plan_, clock));
  }
  HILLOCK_RETURN_IF_ERROR(CheckNotStopping(stop));
  HILLOCK_RETURN_IF_ERROR(served->Warm());
  HILLOCK_RETURN_IF_ERROR(CheckNotStopping(stop));
  HILLOCK_RETURN_IF_ERROR(served->MeasureCost(cost_clock == nullptr ? clock : *cost_clock));
  served->metrics_ =
      registry.AddModel(served->name_, std::to_string(version), LabelsOf(*served->plan_),
                        {.load_seconds = 1e-9 * static_cast<double>(clock.Now() - start),
                         .bytes = static_cast<double>(served->plan_->bytes())});
  return served;
}

absl::Status ServedModel::Warm() {
  for (const auto& executor : executors_) {
    std::fill_n(executor->input(), inputs(), 0.0f);
    HILLOCK_RETURN_IF_ERROR(executor->Run(1, /*profile=*/false));
  }
  return absl::OkStatus();
}

absl::Status ServedModel::MeasureCost(const Clock& clock) {
  Trial trial(plan_, clock);
  HILLOCK_RETURN_IF_ERROR(trial.Run(1).status());
  HILLOCK_ASSIGN_OR_RETURN(first_row_cost_, trial.Run(1));
  HILLOCK_RETURN_IF_ERROR(trial.Run(kManyRows).status());
  HILLOCK_ASSIGN_OR_RETURN(Nanos took, trial.Run(kManyRows));
  row_cost_ = took / static_cast<Nanos>(kManyRows) + 1;
  const auto fitting =
      static_cast<size_t>(static_cast<Nanos>(kManyRows) * kTimeSlice / trial.LongestStretch());
  auto bucket =
      std::prev(std::ranges::upper_bound(engine::kBuckets, std::max(fitting, kMinBlockRows)));
  block_rows_ = *bucket;
  // Fewer rows take longer each.
  for (; block_rows_ < kManyRows; block_rows_ = *--bucket) {
    HILLOCK_ASSIGN_OR_RETURN(took, trial.Run(block_rows_));
    row_cost_ = took / static_cast<Nanos>(block_rows_) + 1;
    if (trial.LongestStretch() <= kTimeSlice || block_rows_ <= kMinBlockRows) break;
  }
  return absl::OkStatus();
}

Nanos ServedModel::Cost(size_t rows) const {
  return std::max(first_row_cost_, static_cast<Nanos>(rows) * row_cost_);
}

}  // namespace hillock::lifecycle
