// SPDX-License-Identifier: Apache-2.0

// The product that engine tests run over: every activation of the table on every choice of backend,
// and in bf16 on oneDNN, which is f32 again on a CPU that is not fast at it.

#ifndef HILLOCK_TESTS_UNIT_CORE_ENGINE_ENGINE_CASE_H_
#define HILLOCK_TESTS_UNIT_CORE_ENGINE_ENGINE_CASE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/engine/executor.h"
#include "server/core/engine/plan.h"

namespace hillock::engine {

struct EngineCase {
  const activation::Spec* spec;
  std::optional<Backend> backend;
  Precision precision = Precision::kF32;

  PlanOptions Options() const { return {{.backend = backend, .precision = precision}}; }
  std::string Name() const {
    return std::string(spec->name) + "_on_" + std::string(BackendName(backend)) +
           (precision == Precision::kF32 ? "" : "_in_" + std::string(PrecisionName(precision)));
  }
};

inline std::ostream& operator<<(std::ostream& out, const EngineCase& c) { return out << c.Name(); }

inline std::vector<EngineCase> EveryEngineCase() {
  std::vector<EngineCase> cases;
  for (const activation::Spec& spec : activation::All()) {
    for (const auto backend : {std::optional<Backend>(), std::optional(Backend::kOneDnn),
                               std::optional(Backend::kFallback)}) {
      cases.push_back({&spec, backend});
    }
    cases.push_back({&spec, Backend::kOneDnn, Precision::kBf16});
  }
  return cases;
}

inline std::string CaseName(const ::testing::TestParamInfo<EngineCase>& info) {
  return info.param.Name();
}

// Widths of the models, inputs first.
inline const std::vector<std::vector<size_t>> kShapes = {
    {1, 1}, {2, 3}, {16, 64, 64, 8}, {33, 17}, {64, 32, 10}};

// Sizes of batches: every bucket's, full, and some that leave one part empty.
inline std::vector<size_t> RowCounts() {
  std::vector<size_t> counts(kBuckets.begin(), kBuckets.end());
  for (const size_t count : {3u, 5u, 17u, 65u, 100u}) counts.push_back(count);
  return counts;
}

// The steps of a plan whose steps are all dense.
inline std::vector<const DenseStep*> DenseStepsOf(const Plan& plan) {
  std::vector<const DenseStep*> steps;
  for (const Step& step : plan.steps()) steps.push_back(&std::get<DenseStep>(step));
  return steps;
}

// A plan of a model and an executor for it.
class Engine {
 public:
  Engine(const model::Mlp& mlp, std::optional<Backend> backend,
         const Clock& clock = Clock::Monotonic())
      : Engine(mlp, PlanOptions{{.backend = backend}}, clock) {}
  Engine(const model::Mlp& mlp, const PlanOptions& options, const Clock& clock = Clock::Monotonic())
      : executor_(Plan::Compile(mlp, options), clock) {}

  // The answers of the first output, [rows][width], to [rows][inputs].
  std::vector<float> Answer(std::span<const float> rows, bool profile = false) {
    const size_t count = rows.size() / plan().inputs();
    std::ranges::copy(rows, executor_.input());
    const absl::Status status = executor_.Run(count, profile);
    EXPECT_TRUE(status.ok()) << status;
    return {executor_.output(), executor_.output() + count * plan().width(plan().outputs()[0])};
  }

  Executor& executor() { return executor_; }
  const Plan& plan() const { return executor_.plan(); }

 private:
  Executor executor_;
};

}  // namespace hillock::engine

#endif  // HILLOCK_TESTS_UNIT_CORE_ENGINE_ENGINE_CASE_H_
