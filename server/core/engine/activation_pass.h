// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_ACTIVATION_PASS_H_
#define HILLOCK_SERVER_CORE_ENGINE_ACTIVATION_PASS_H_

#include "server/core/activation/activation.h"
#include "server/core/engine/run.h"
#include "server/core/engine/unit_health.h"

namespace hillock::engine {

// What a step of any kind does after its own part: the activation, where it is split, and in a
// profiled run a look at its units. A profiled run splits every activation, as only then its time
// and its input can be seen. Not thread-safe.
class ActivationPass {
 public:
  // `step` has an activation with its parameters and slopes, for so many outputs; `values` are
  // these, [kMaxRows][outputs]. Both must outlive this.
  template <class Step>
  ActivationPass(const Step& step, const float* values)
      : values_(values),
        by_row_(step.activation->scope == activation::Scope::kRow),
        health_(*step.activation, step.params, step.slopes, step.outputs) {}

  // `activate` applies the activation to the values, in place; false when it fails, as this then.
  // Units are judged by their pre-activations, which it overwrites: so before it. A row function
  // has its derivative as a function of the output: so after it.
  template <class Activate>
  bool Run(const RunContext& run, StepReport& report, const Activate& activate) {
    if (run.profile && !by_row_) Observe(run, report);
    if (report.split) {
      run.timer.YieldPoint();
      if (!activate()) return false;
      report.activation = run.timer.TakeElapsed();
      report.AddPart(report.activation);
    }
    if (run.profile && by_row_) Observe(run, report);
    return true;
  }

 private:
  void Observe(const RunContext& run, StepReport& report) {
    report.sample = health_.Observe(values_, run.rows);
    report.dead_units = health_.TakeDeadUnits();
    run.timer.TakeElapsed();  // looking is not the step's time
  }

  const float* values_;
  bool by_row_;
  UnitHealth health_;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_ACTIVATION_PASS_H_
