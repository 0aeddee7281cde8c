// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/unit_health.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hillock::engine {
namespace {

constexpr size_t kSampleElements = 1024;

}  // namespace

UnitHealth::UnitHealth(const activation::Spec& spec, const activation::Params& params,
                       std::vector<float> slopes, size_t units)
    : spec_(spec), params_(params), slopes_(std::move(slopes)), alive_(units, 0) {}

double UnitHealth::Derivative(float value, size_t unit) const {
  activation::Params params = params_;
  if (!slopes_.empty()) params[0] = slopes_[unit];
  return std::abs(spec_.derivative(double{value}, params));
}

UnitHealth::Sample UnitHealth::Observe(const float* values, size_t rows) {
  const size_t units = alive_.size();
  const size_t sampled = std::min(rows, std::max<size_t>(1, kSampleElements / units));
  Sample sample{.elements = sampled * units};
  const bool by_row = spec_.scope == activation::Scope::kRow;
  for (size_t i = 0; i < sample.elements; ++i) {
    const double derivative = Derivative(values[i], i % units);
    sample.derivatives.Add(derivative);
    if (!by_row) sample.inputs.Add(values[i]);
    if (derivative < activation::kVanishing) {
      ++sample.saturated;
    } else {
      alive_[i % units] = 1;
    }
  }
  ++batches_;
  return sample;
}

std::optional<size_t> UnitHealth::TakeDeadUnits() {
  if (batches_ < kWindow) return std::nullopt;
  const auto dead = static_cast<size_t>(std::ranges::count(alive_, 0));
  std::ranges::fill(alive_, 0);
  batches_ = 0;
  return dead;
}

}  // namespace hillock::engine
