// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/rewrite/normalization_folding.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "server/core/engine/tuning/calibration.h"

namespace hillock::engine {
namespace {

constexpr size_t kRows = 8;

// One number of each calibration row: a sum then runs over all rows at once.
template <typename T>
using Column = std::array<T, kRows>;

std::vector<Column<float>> CalibrationRows(std::span<const float> offset,
                                           std::span<const float> scale) {
  std::vector<Column<float>> rows(offset.size());
  for (auto& column : rows) column.fill(0);
  std::vector<float> z(offset.size() * kRows);
  FillCalibration(z);
  for (size_t i = 0; i < offset.size(); ++i) {
    for (size_t r = 0; r < kRows; ++r) {
      rows[i][r] = BeforeNormalization(z[i * kRows + r], offset[i], scale[i]);
    }
  }
  return rows;
}

template <typename T>
std::vector<Column<T>> Normalized(const std::vector<Column<float>>& rows,
                                  std::span<const float> offset, std::span<const float> scale) {
  std::vector<Column<T>> normalized(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t r = 0; r < kRows; ++r) {
      normalized[i][r] = (T{rows[i][r]} - T{offset[i]}) * T{scale[i]};
    }
  }
  return normalized;
}

// A unit's pre-activation for each row, computed in T.
template <typename T>
Column<T> SumOf(const model::Layer& layer, size_t unit, const std::vector<Column<T>>& rows) {
  const float* const weights = layer.weights.data() + unit * layer.inputs;
  Column<T> sums;
  sums.fill(T{layer.bias[unit]});
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t r = 0; r < kRows; ++r) sums[r] += T{weights[i]} * rows[i][r];
  }
  return sums;
}

// The largest error relative to 1 + |want|. NaN counts as infinity.
double Distance(const Column<float>& got, const Column<double>& want) {
  double worst = 0;
  for (size_t r = 0; r < kRows; ++r) {
    const double off = std::abs(double{got[r]} - want[r]) / (1 + std::abs(want[r]));
    if (!(off <= worst)) worst = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
  }
  return worst;
}

}  // namespace

FoldingErrors MeasureFolding(std::span<const float> offset, std::span<const float> scale,
                             const model::Layer& plain, const model::Layer& folded) {
  // All three begin with the same rows in float, so they differ by what is rounded between.
  const auto rows = CalibrationRows(offset, scale);
  const auto exact = Normalized<double>(rows, offset, scale);
  const auto rounded = Normalized<float>(rows, offset, scale);
  FoldingErrors errors;
  for (size_t unit = 0; unit < plain.outputs; ++unit) {
    const Column<double> want = SumOf(plain, unit, exact);
    errors.folded = std::max(errors.folded, Distance(SumOf(folded, unit, rows), want));
    errors.separate = std::max(errors.separate, Distance(SumOf(plain, unit, rounded), want));
  }
  return errors;
}

}  // namespace hillock::engine
