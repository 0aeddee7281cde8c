#ifndef HILLOCK_SERVER_CORE_ENGINE_EXECUTOR_H_
#define HILLOCK_SERVER_CORE_ENGINE_EXECUTOR_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "server/core/base/aligned_buffer.h"
#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/core/engine/plan.h"
#include "server/core/engine/unit_health.h"

namespace hillock::engine {

// What one step of the last run did.
struct StepReport {
  Nanos layer = 0;                   // dense part and activation
  Nanos activation = 0;              // the activation's own pass; 0 when it was fused
  Nanos stretch = 0;                 // the longest without a place to pause
  bool split = false;                // the activation had a pass of its own
  Backend backend{};                 // of the activation
  UnitHealth::Sample sample{};       // empty unless the run was profiled
  std::optional<size_t> dead_units;  // a new verdict, if this run completed one
};

// What a long run lets happen on its way: `then` is called between two layers, two tiles of one,
// or a layer and its activation's own pass, once `after` has gone by since the start or the last
// time. It must not use the executor.
struct Pause {
  Nanos after;
  std::function<void()> then;
};

// Runs a plan: rows in, rows out. Owns every buffer and bound primitive, so a run takes no lock
// and allocates nothing beyond oneDNN's own bookkeeping. Not thread-safe: one per plan and thread.
// A row's answer does not depend on the rows beside it.
class Executor {
 public:
  // `clock` must outlive this.
  Executor(std::shared_ptr<const Plan> plan, const Clock& clock);

  // Where the caller writes up to kMaxRows rows, [rows][inputs].
  float* input() { return input_.data(); }

  // An output of the last run, [rows][width], until the next; numbered as in plan().outputs().
  const float* output(size_t index = 0) const { return outputs_[index]; }

  // Computes the first `rows` rows of input(), and leaves them normalized in place. A profiled run
  // gives every activation a pass of its own and looks at the health of its units.
  // INTERNAL when oneDNN reports an error. REQUIRES: 1 <= rows <= kMaxRows.
  absl::Status Run(size_t rows, bool profile, const Pause* pause = nullptr);

  // One a step, about the last run.
  std::span<const StepReport> reports() const { return reports_; }

  const Plan& plan() const { return *plan_; }

 private:
  // The calls of one step for one bucket; empty ones are the fallback's.
  struct Bound {
    kernel::onednn::Call dense;       // without the activation
    kernel::onednn::Call fused;       // with it
    kernel::onednn::Call activation;  // alone, in place
  };
  // One step with its place in the buffers.
  struct Stage {
    const Step* step;
    const float* src;
    float* dst;
    std::vector<Bound> buckets;
    UnitHealth health;
  };

  Stage BindStage(const Step& step, const float* src, float* dst);
  void Prepare(size_t rows, size_t padded);
  Nanos Lap();  // time since the last lap ended
  void MaybePause(const Pause* pause);
  void Observe(Stage& stage, size_t rows, StepReport& report);
  bool RunStage(Stage& stage, size_t rows, bool profile, const Pause* pause, StepReport& report);
  bool RunDense(Stage& stage, size_t rows, const Pause* pause, StepReport& report);
  bool RunTile(Stage& stage, size_t tile, size_t rows, bool fused);
  bool RunActivation(Stage& stage, size_t bucket, size_t rows);

  std::shared_ptr<const Plan> plan_;
  const Clock& clock_;
  kernel::onednn::Workspace workspace_;
  AlignedBuffer<float> input_;
  std::vector<AlignedBuffer<float>> buffers_;  // shared by the steps, see buffers.h
  std::vector<Stage> stages_;
  std::vector<StepReport> reports_;
  std::vector<const float*> outputs_;
  Nanos lap_start_ = 0;
  Nanos slice_start_ = 0;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_EXECUTOR_H_
