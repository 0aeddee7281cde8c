// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/engine/rewrite/rewrite.h"
#include "server/core/engine/rewrite/selection_folding.h"
#include "server/core/kernel/onednn.h"

namespace hillock::engine {
namespace {

// Why no step can be in the precision asked for; empty when one can.
std::string ObstacleOf(const PlanOptions& options) {
  if (options.backend == Backend::kFallback) return "the fallback computes in f32 only";
  const auto is_fast = options.is_fast ? options.is_fast : &kernel::onednn::IsFast;
  if (!is_fast(options.precision)) return std::string(SpecOf(options.precision).slow_cpu);
  return "";
}

}  // namespace

// A plan that is in f32 after all is compiled as one that was asked for in f32: rewriting and
// backend selection depend on the precision, and the answers must not depend on what was tried.
std::shared_ptr<const Plan> Plan::Compile(const model::Mlp& mlp, const PlanOptions& given) {
  PlanOptions options = given;
  options.allow_non_finite = options.allow_non_finite || !mlp.is_finite();
  if (options.precision == Precision::kF32) return Build(mlp, options);
  const std::string_view name = PrecisionName(options.precision);
  std::string obstacle = ObstacleOf(options);
  if (obstacle.empty()) {
    auto plan = Build(mlp, options);
    if (options.backend || plan->precision() != Precision::kF32) return plan;
    obstacle = fmt::format("no layer is faster in {}", name);
  }
  PlanOptions in_f32 = options;
  in_f32.precision = Precision::kF32;
  auto plan = Build(mlp, in_f32);
  plan->notes_.push_back(fmt::format("{} was asked for, served in f32: {}", name, obstacle));
  return plan;
}

std::shared_ptr<Plan> Plan::Build(const model::Mlp& mlp, const PlanOptions& options) {
  auto plan = std::make_shared<Plan>();
  const auto note = [&](Rewritten rewritten) {
    std::ranges::move(rewritten.notes, std::back_inserter(plan->rewrites_));
    return std::move(rewritten.mlp);
  };
  // Selections come first: a dense layer behind one then reads the dense layer before it, and the
  // two may be a chain that collapses.
  std::optional<model::Mlp> smaller;  // where something was done: weights may be large
  if (options.rewrite && HasSelections(mlp)) smaller = note(FoldSelections(mlp));
  if (options.rewrites()) {
    smaller = note(Rewrite(smaller ? *std::move(smaller) : mlp, options.precision));
  }
  plan->Add(smaller ? *smaller : mlp, options);
  return plan;
}

// A step for each layer, in the same order: so OutputOf(i) names the same value in the model and in
// the plan.
void Plan::Add(const model::Mlp& mlp, const PlanOptions& options) {
  inputs_ = mlp.input_width();
  offset_ = mlp.offset;
  scale_ = mlp.scale;
  for (const model::Output& output : mlp.outputs) {
    if (!output.is_constant) outputs_.push_back(output.source);
  }
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    YieldIfContended();
    if (mlp.layers[i].is_dense()) {
      steps_.emplace_back(MakeDenseStep(mlp.layers[i], options, notes_));
    } else {
      steps_.emplace_back(MakeRowStep(mlp, i));
    }
  }
  reads_whole_requests_ = std::ranges::any_of(steps_, ReadsWholeRequests);
}

Precision Plan::precision() const {
  const auto reduced = std::ranges::find_if(
      steps_, [](const Step& step) { return PrecisionOf(step) != Precision::kF32; });
  return reduced == steps_.end() ? Precision::kF32 : PrecisionOf(*reduced);
}

size_t Plan::bytes() const {
  size_t bytes = 0;
  for (const Step& step : steps_) bytes += BytesOf(step);
  return bytes;
}

size_t Plan::scratch_bytes() const {
  size_t bytes = 0;
  for (const Step& step : steps_) bytes = std::max(bytes, ScratchBytesOf(step));
  return bytes;
}

}  // namespace hillock::engine
