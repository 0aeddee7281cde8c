// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_PLAN_H_
#define HILLOCK_SERVER_CORE_ENGINE_PLAN_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "server/core/base/precision.h"
#include "server/core/engine/plan_options.h"
#include "server/core/engine/step.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

// A model compiled for execution: weights packed, and a primitive made for every step and bucket.
// steps()[i] computes the value OutputOf(i), and reads values of steps before it.
// Immutable and thread-safe; each thread runs it through an Executor of its own.
class Plan {
 public:
  // Compiles `mlp`, with allow_non_finite also where the model itself may make or take what is not
  // finite. What cannot be done as asked is done otherwise, and notes() says so: see
  // MakeDenseStep(); a plan that would have no step in the precision asked for is one in f32.
  // REQUIRES: Validate(mlp) is OK.
  static std::shared_ptr<const Plan> Compile(const model::Mlp& mlp, const PlanOptions& options);

  const std::vector<Step>& steps() const { return steps_; }
  size_t inputs() const { return inputs_; }

  // The values that are outputs, in their order in model::Mlp, whose constant outputs are none; and
  // the floats in a row of a value.
  const std::vector<ValueId>& outputs() const { return outputs_; }
  size_t width(ValueId value) const {
    return value == ValueId::kInput ? inputs_ : OutputsOf(steps_[StepOf(value)]);
  }

  std::span<const float> offset() const { return offset_; }  // of the normalization, may be empty
  std::span<const float> scale() const { return scale_; }

  // That of the first step which is not in f32; f32 when there is none.
  Precision precision() const;

  // Whether answers depend on all rows of their request, instead of on their own row alone.
  bool reads_whole_requests() const { return reads_whole_requests_; }

  // Bytes of packed weights.
  size_t bytes() const;

  // Scratch bytes that the neediest primitive wants.
  size_t scratch_bytes() const;

  // What could not be done as the options ask; one line each, for the log.
  const std::vector<std::string>& notes() const { return notes_; }

  // What FoldSelections() and Rewrite() have done, one line each, for the log.
  const std::vector<std::string>& rewrites() const { return rewrites_; }

 private:
  static std::shared_ptr<Plan> Build(const model::Mlp& mlp, const PlanOptions& options);
  void Add(const model::Mlp& mlp, const PlanOptions& options);

  size_t inputs_ = 0;
  bool reads_whole_requests_ = false;
  std::vector<Step> steps_;
  std::vector<ValueId> outputs_;
  std::vector<float> offset_;
  std::vector<float> scale_;
  std::vector<std::string> notes_;
  std::vector<std::string> rewrites_;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_PLAN_H_
