// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_SERVED_MODEL_H_
#define HILLOCK_SERVER_LIFECYCLE_SERVED_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/model/mlp.h"
#include "server/core/repository/serving_options.h"
#include "server/lifecycle/row_cost.h"
#include "server/metrics/model_metrics.h"

namespace hillock::engine {
class Executor;
class Plan;
}  // namespace hillock::engine

namespace hillock::lifecycle {

struct ServedInput {
  model::Input input;
  size_t offset;  // of its first column in an input row

  const std::string& name() const { return input.name; }
};

// What a model answers with: floats that the engine computes, or a constant. Where there are labels
// there is a second output on the wire, of the class of each row, or of a yes or no for each float.
struct ServedOutput {
  model::Output output;    // its shape is filled in
  size_t width;            // floats in a row, or in the constant
  std::string label_name;  // empty: no labels

  // Made of inputs that have one row for all rows of a request: it has one row, too.
  bool shared = false;

  const std::string& name() const { return output.name; }
  bool is_constant() const { return output.is_constant; }
  bool has_labels() const { return output.has_labels(); }
  bool is_multilabel() const { return output.multilabel; }

  // The class of a row: that of the largest float and of equal ones the first, or whether the only
  // one is at or above the threshold. REQUIRES: has_labels(), !is_multilabel().
  const std::string& LabelOf(const float* row) const;

  // Whether a float says yes; NaN does not.
  bool IsYes(float value) const { return value >= output.threshold; }
};

// What the batcher of one reactor keeps of a model, on a cache line of its own. Scheduling goes by
// this alone; metrics only show it.
struct alignas(64) ModelQueue {
  size_t rows = 0;       // admitted and not yet answered; what the model's own limits bound
  uint64_t batches = 0;  // that have run; decides which are profiled
};

// One model version, ready to serve: its plan, an executor for each reactor, and its metrics. Made
// by ModelCompiler. Immutable and thread-safe, but for executor(i), queue(i), cells(i) and
// exemplars(i), which belong to reactor i alone.
class ServedModel {
 public:
  struct Parts {
    repository::ServingOptions options;
    std::shared_ptr<const engine::Plan> plan{};
    std::vector<std::unique_ptr<engine::Executor>> executors{};  // by reactor
    RowCost cost{};
    std::shared_ptr<metrics::ModelMetrics> metrics{};
  };

  // Nothing of `mlp` is kept.
  ServedModel(std::string name, int64_t version, const model::Mlp& mlp, Parts parts);
  ~ServedModel();

  const std::string& name() const { return name_; }
  int64_t version() const { return version_; }
  const std::string& version_text() const { return parts_.metrics->version; }
  const std::vector<ServedInput>& inputs() const { return inputs_; }
  const std::vector<ServedOutput>& outputs() const { return outputs_; }
  const std::vector<model::LeftOut>& left_out() const { return left_out_; }

  // Floats in a row: of all inputs, and of all outputs that are computed.
  size_t input_width() const { return input_width_; }
  size_t answer_width() const { return answer_width_; }

  // The strings of BYTES tensors. A string's position among them, as it is a float; -1 if it is
  // not there.
  const std::vector<std::string>& words() const { return words_; }
  float FindWord(std::string_view word) const;

  const engine::Plan& plan() const { return *parts_.plan; }
  const repository::ServingOptions& options() const { return parts_.options; }
  const RowCost& cost() const { return parts_.cost; }

  engine::Executor& executor(size_t reactor) { return *parts_.executors[reactor]; }
  ModelQueue& queue(size_t reactor) { return queues_[reactor]; }
  metrics::ModelCells& cells(size_t reactor) { return parts_.metrics->shards[reactor]; }
  metrics::Exemplars& exemplars(size_t reactor) { return parts_.metrics->exemplars[reactor]; }
  const metrics::ModelMetrics& metrics() const { return *parts_.metrics; }

 private:
  const std::string name_;
  const int64_t version_;
  const std::vector<ServedInput> inputs_;
  const std::vector<ServedOutput> outputs_;
  const std::vector<model::LeftOut> left_out_;
  const std::vector<std::string> words_;
  const std::unordered_map<std::string_view, float> positions_;  // of words_
  const size_t input_width_;
  const size_t answer_width_;
  const Parts parts_;
  std::vector<ModelQueue> queues_;  // by reactor
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_SERVED_MODEL_H_
