// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/precision_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "server/core/engine/evaluate.h"
#include "server/core/engine/tuning/calibration.h"

namespace hillock::engine {
namespace {

// As the model takes them: each goes back through the normalization, so that the first layer sees
// standardized numbers.
std::vector<float> CalibrationRows(const model::Mlp& mlp) {
  std::vector<float> rows(kCalibrationRows * mlp.input_width());
  FillCalibration(rows);
  if (mlp.offset.empty()) return rows;
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t column = i % mlp.input_width();
    rows[i] = BeforeNormalization(rows[i], mlp.offset[column], mlp.scale[column]);
  }
  return rows;
}

// The fallback is the reference since nothing about it is timed: the same model is accepted, or
// refused, on every start.
std::shared_ptr<const Plan> InF32(const model::Mlp& mlp, PlanOptions options) {
  options.backend = Backend::kFallback;
  options.precision = Precision::kF32;
  return Plan::Compile(mlp, options);
}

// By column: 1 + the largest finite |answer| to any of the rows.
std::vector<double> SizesOf(std::span<const float> answers, size_t columns) {
  std::vector<double> sizes(columns, 1);
  for (size_t i = 0; i < answers.size(); ++i) {
    double& size = sizes[i % columns];
    if (std::isfinite(answers[i])) size = std::max(size, 1 + std::abs(double{answers[i]}));
  }
  return sizes;
}

// NaN and infinities are infinitely far from anything but themselves.
double Distance(double got, double want) {
  if (got == want || (std::isnan(got) && std::isnan(want))) return 0;
  const double distance = std::abs(got - want);
  return std::isfinite(distance) ? distance : std::numeric_limits<double>::infinity();
}

}  // namespace

absl::Status CheckPrecision(const model::Mlp& mlp, const PlanOptions& options,
                            const std::shared_ptr<const Plan>& plan) {
  if (plan->precision() == Precision::kF32) return absl::OkStatus();
  const std::vector<float> rows = CalibrationRows(mlp);
  HILLOCK_ASSIGN_OR_RETURN(const auto got, Evaluate(plan, rows));
  HILLOCK_ASSIGN_OR_RETURN(const auto want, Evaluate(InF32(mlp, options), rows));
  const size_t columns = got.size() / kCalibrationRows;
  const std::vector<double> sizes = SizesOf(want, columns);
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double move = Distance(got[i], want[i]) / sizes[i % columns];
    if (move > worst) std::tie(worst, where) = std::tuple(move, i);
  }
  if (worst <= options.tolerance()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{} moves an answer by {:.2g} of 1 + the output's largest, want at most "
                  "precision_tolerance {:.2g}: calibration row {}, output {}: got {}, in f32 {}",
                  PrecisionName(plan->precision()), worst, options.tolerance(), where / columns,
                  where % columns, got[where], want[where]));
}

}  // namespace hillock::engine
