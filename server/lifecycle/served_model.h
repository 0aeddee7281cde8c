#ifndef HILLOCK_SERVER_LIFECYCLE_SERVED_MODEL_H_
#define HILLOCK_SERVER_LIFECYCLE_SERVED_MODEL_H_

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/limits.h"
#include "server/core/base/status.h"
#include "server/core/engine/executor.h"
#include "server/core/engine/plan.h"
#include "server/core/model/mlp.h"
#include "server/lifecycle/time_slice.h"
#include "server/metrics/registry.h"

namespace hillock::lifecycle {

// Floats that a model answers with. Where they have labels there is a second output on the wire, of
// the class of each row, or of a yes or no for each float.
struct ServedOutput {
  model::Output output;
  size_t width;            // floats in a row
  std::string label_name;  // empty: no labels

  const std::string& name() const { return output.name; }
  bool has_labels() const { return output.has_labels(); }
  bool is_multilabel() const { return output.multilabel; }

  // The class that a row stands for: that of the largest float and of equal ones the first, or
  // whether the only one is at or above the threshold. REQUIRES: has_labels(), !is_multilabel().
  const std::string& LabelOf(const float* row) const;

  // Whether a float says yes; NaN does not.
  bool IsYes(float value) const { return value >= output.threshold; }
};

// One model version, ready to serve: its plan, an executor for every reactor, and its metrics. What
// it tells is immutable and thread-safe; executor(i) and cells(i) belong to reactor i alone.
class ServedModel {
 public:
  struct Options {
    engine::PlanOptions plan{};
    RequestLimits limits{};  // of this model's requests, within those of all models
  };

  // Compiles and warms `mlp`, of which nothing is kept: every executor has run once when this
  // returns. `clock` is the executors'; what a row costs is measured on `cost_clock`, or on `clock`
  // when that is null. All must outlive the model, `registry` as well.
  // FAILED_PRECONDITION when bf16 moves an answer by more than options.plan.precision_tolerance,
  // INTERNAL when a run fails, UNAVAILABLE when `stop` is requested meanwhile, which is looked at
  // between the stages.
  static absl::StatusOr<std::shared_ptr<ServedModel>> Create(
      std::string name, int64_t version, std::shared_ptr<const model::Mlp> mlp,
      const Options& options, size_t reactors, metrics::Registry& registry, const Clock& clock,
      const Clock* cost_clock = nullptr, const std::stop_token& stop = {});

  const std::string& name() const { return name_; }
  int64_t version() const { return version_; }
  const std::string& version_text() const { return metrics_->version; }
  const std::string& input_name() const { return input_name_; }
  size_t inputs() const { return plan_->inputs(); }
  size_t answer_width() const { return answer_width_; }
  const std::vector<ServedOutput>& outputs() const { return outputs_; }
  const engine::Plan& plan() const { return *plan_; }
  const Options& options() const { return options_; }

  // Estimated time to compute `rows` rows on one core, and each of many rows, as warming up took.
  Nanos Cost(size_t rows) const;
  Nanos RowCost() const { return row_cost_; }

  // The most rows of a block of heavy work: as many as keep each piece of a layer, which nothing
  // interrupts, within a slice; at least kMinBlockRows, below which a core is not worth using.
  size_t block_rows() const { return block_rows_; }
  static constexpr size_t kMinBlockRows = 8;

  engine::Executor& executor(size_t reactor) { return *executors_[reactor]; }
  metrics::ModelCells& cells(size_t reactor) { return metrics_->shards[reactor]; }
  const metrics::ModelMetrics& metrics() const { return *metrics_; }

 private:
  ServedModel() = default;
  absl::Status Warm();
  absl::Status MeasureCost(const Clock& clock);

  std::string name_;
  int64_t version_ = 0;
  std::string input_name_;
  size_t answer_width_ = 0;
  std::vector<ServedOutput> outputs_;
  Options options_;
  Nanos first_row_cost_ = 0;
  Nanos row_cost_ = 0;
  size_t block_rows_ = 0;
  std::shared_ptr<const engine::Plan> plan_;
  std::vector<std::unique_ptr<engine::Executor>> executors_;  // by reactor
  std::shared_ptr<metrics::ModelMetrics> metrics_;
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_SERVED_MODEL_H_
