// SPDX-License-Identifier: Apache-2.0
#include "client/report/random_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace hillock::client {
namespace {

using model::DatatypeKind;
using model::Input;
using model::Mlp;

constexpr float kIntegers = 8;
constexpr int kNanOneIn = 16;

// Draws the values of one row after the other.
class RowDrawer {
 public:
  RowDrawer(const Mlp& mlp, uint32_t seed) : mlp_(mlp), random_(seed) {}

  // Appends a row to `values`. What is shared is that of the row at their front.
  void Append(std::vector<float>& values) {
    size_t column = 0;
    for (const Input& input : mlp_.inputs) {
      for (size_t i = 0; i < input.width; ++i, ++column) {
        const bool is_first = values.size() < mlp_.input_width();
        values.push_back(input.shared && !is_first ? values[column] : Draw(input, i, column));
      }
    }
  }

 private:
  float Draw(const Input& input, size_t i, size_t column) {
    if (input.takes_non_finite && random_() % kNanOneIn == 0) {
      return std::numeric_limits<float>::quiet_NaN();
    }
    const float low = input.low.empty() ? Lowest(input) : input.low[i];
    const float high = std::max(low, input.high.empty() ? Highest(input, low) : input.high[i]);
    if (SpecOf(input.datatype).kind == DatatypeKind::kFloat) {
      return std::clamp(Normal(column), low, high);
    }
    const double choices = std::floor(double{high}) - std::ceil(double{low}) + 1;
    return std::ceil(low) + static_cast<float>(random_() % static_cast<uint64_t>(std::clamp<double>(
                                                               choices, 1, kMaxChoices)));
  }

  float Normal(size_t column) {
    const float value = normal_(random_);
    if (mlp_.offset.empty() || mlp_.scale[column] == 0) return value;
    return value / mlp_.scale[column] + mlp_.offset[column];
  }

  // Where the model sets no limits.
  static float Lowest(const Input& input) {
    const DatatypeKind kind = SpecOf(input.datatype).kind;
    if (kind == DatatypeKind::kFloat) return std::numeric_limits<float>::lowest();
    return kind == DatatypeKind::kString ? -1 : 0;
  }
  float Highest(const Input& input, float low) const {
    switch (SpecOf(input.datatype).kind) {
      case DatatypeKind::kFloat:
        return std::numeric_limits<float>::max();
      case DatatypeKind::kBool:
        return 1;
      case DatatypeKind::kString:
        return static_cast<float>(mlp_.words.size()) - 1;
      case DatatypeKind::kInteger:
        break;
    }
    return low + kIntegers - 1;
  }

  static constexpr double kMaxChoices = 1 << 24;  // integers that a float tells apart

  const Mlp& mlp_;
  std::mt19937 random_;
  std::normal_distribution<float> normal_;
};

}  // namespace

Rows RandomRows(const Mlp& mlp, size_t count, uint32_t seed) {
  Rows rows;
  rows.width = mlp.input_width();
  rows.values.reserve(count * rows.width);
  RowDrawer drawer(mlp, seed);
  for (size_t i = 0; i < count; ++i) drawer.Append(rows.values);
  return rows;
}

}  // namespace hillock::client
