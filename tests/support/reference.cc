// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/row_reference.h"

namespace hillock::testing {
namespace {

using activation::Scope;

constexpr double kRounding = 0x1p-24;  // half the spacing of floats, relative
constexpr double kLargest = std::numeric_limits<float>::max();
constexpr double kUnbounded = std::numeric_limits<double>::infinity();

std::vector<Approximate> Normalize(const model::Mlp& mlp, std::span<const float> row) {
  std::vector<Approximate> out;
  for (size_t i = 0; i < row.size(); ++i) {
    const double x = row[i];
    if (mlp.offset.empty()) {
      out.push_back({x, 0});
    } else {
      const double y = (x - double{mlp.offset[i]}) * double{mlp.scale[i]};
      out.push_back({y, 3 * kRounding * std::abs(y)});
    }
  }
  return out;
}

std::vector<Approximate> RoundedToBf16(const std::vector<Approximate>& x) {
  std::vector<Approximate> out;
  for (const Approximate& a : x) {
    const double value = testing::RoundedToBf16(a.value);
    const double above = testing::RoundedToBf16(a.value + a.error) - value;
    const double below = value - testing::RoundedToBf16(a.value - a.error);
    out.push_back({value, std::max(above, below)});
  }
  return out;
}

// The classical bound on a sum of n products in any order of summation.
Approximate Dot(const model::Layer& layer, size_t unit, const std::vector<Approximate>& x,
                bool bf16) {
  double sum = layer.bias[unit];
  double magnitude = std::abs(sum);
  double inherited = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double given = layer.weights[unit * layer.inputs + i];
    const double w = bf16 ? testing::RoundedToBf16(given) : given;
    sum += w * x[i].value;
    magnitude += std::abs(w) * (std::abs(x[i].value) + x[i].error);
    inherited += std::abs(w) * x[i].error;
  }
  const double error = inherited + static_cast<double>(x.size() + 1) * kRounding * magnitude;
  return {sum, magnitude > kLargest ? kUnbounded : error};
}

// How far f moves when its argument does by x.error: at both ends, and half way to them for
// functions that turn around there. A pole is looked for at 0 only.
double Spread(const model::Layer& layer, size_t unit, const Approximate& x) {
  const double y = ReferenceOf(layer, unit, x.value);
  const bool meets_pole = std::abs(x.value) <= x.error && std::isinf(ReferenceOf(layer, unit, 0));
  if (!std::isfinite(x.error) || meets_pole) return kUnbounded;
  double spread = 0;
  for (const double at : {-1.0, -0.5, 0.5, 1.0}) {
    const double there = ReferenceOf(layer, unit, x.value + at * x.error);
    if (std::isnan(there) != std::isnan(y)) return kUnbounded;
    if (!std::isnan(y)) spread = std::max(spread, std::abs(there - y));
  }
  return std::abs(y) + spread > kLargest ? kUnbounded : 1.01 * spread;
}

std::vector<Approximate> Pre(const model::Layer& layer, std::vector<Approximate> x, bool bf16) {
  if (bf16) x = RoundedToBf16(x);
  std::vector<Approximate> pre;
  for (size_t unit = 0; unit < layer.outputs; ++unit) pre.push_back(Dot(layer, unit, x, bf16));
  return pre;
}

double Own(const KernelError& kernel, double y) {
  return kernel.relative * std::abs(y) + kernel.absolute;
}

std::vector<Approximate> Elementwise(const model::Layer& layer, const std::vector<Approximate>& x,
                                     const KernelError& kernel) {
  std::vector<Approximate> y;
  for (size_t unit = 0; unit < x.size(); ++unit) {
    const double value = ReferenceOf(layer, unit, x[unit].value);
    const double spread = Spread(layer, unit, x[unit]);
    const double own = std::isnan(value) ? 0 : Own(kernel, std::abs(value) + spread);
    y.push_back({value, spread + own});
  }
  return y;
}

std::vector<double> ReferenceRow(const model::Layer& layer, const std::vector<double>& x) {
  std::vector<double> y(x.size());
  layer.activation->reference_row(x, y);
  return y;
}

// Row functions rise with their own argument and fall with every other: the ends of an output's
// range are where all move against it.
std::vector<Approximate> ByRow(const model::Layer& layer, const std::vector<Approximate>& x,
                               const KernelError& kernel) {
  std::vector<double> centre;
  for (const Approximate& a : x) centre.push_back(a.value);
  const std::vector<double> value = ReferenceRow(layer, centre);
  std::vector<Approximate> y;
  for (size_t i = 0; i < x.size(); ++i) {
    double spread = AreKnown(x) ? 0 : std::numeric_limits<double>::infinity();
    for (const double sign : {-1.0, 1.0}) {
      std::vector<double> moved = centre;
      for (size_t k = 0; k < x.size(); ++k) moved[k] += (k == i ? sign : -sign) * x[k].error;
      spread = std::max(spread, std::abs(ReferenceRow(layer, moved)[i] - value[i]));
    }
    y.push_back({value[i], 1.01 * spread + Own(kernel, std::abs(value[i]) + spread)});
  }
  return y;
}

std::vector<Approximate> Activated(const model::Layer& layer, std::span<const Approximate> pre,
                                   const KernelError& kernel) {
  if (layer.activation->scope != Scope::kRow) {
    return Elementwise(layer, {pre.begin(), pre.end()}, kernel);
  }
  const size_t group = layer.group == 0 ? layer.outputs : layer.group;
  std::vector<Approximate> y;
  for (size_t first = 0; first < pre.size(); first += group) {
    const auto part = pre.subspan(first, group);
    const auto activated = ByRow(layer, {part.begin(), part.end()}, kernel);
    y.insert(y.end(), activated.begin(), activated.end());
  }
  return y;
}

}  // namespace

KernelError FallbackError(const activation::Spec& spec) {
  return {.relative = spec.tolerance.ulp * 2 * kRounding, .absolute = 1e-38};
}

double ReferenceOf(const model::Layer& layer, size_t unit, double x) {
  activation::Params params = layer.params;
  if (!layer.slopes.empty()) params[0] = layer.slopes[unit];
  return layer.activation->reference(x, params);
}

double RoundedToBf16(double x) {
  int exponent = 0;
  const double fraction = std::frexp(x, &exponent);  // in [1/2, 1)
  return std::ldexp(std::nearbyint(std::ldexp(fraction, 8)), exponent - 8);
}

std::vector<Approximate> Evaluate(const model::Mlp& mlp, std::span<const float> row,
                                  bool fallback_only, size_t output,
                                  std::span<const Precision> precisions) {
  std::vector<std::vector<Approximate>> values{Normalize(mlp, row)};  // by number
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const model::Layer& layer = mlp.layers[i];
    std::vector<std::vector<Approximate>> sources;
    for (const model::ValueId source : layer.sources()) {
      sources.push_back(values[model::NumberOf(source)]);
    }
    const bool bf16 = !precisions.empty() && precisions[i] == Precision::kBf16;
    const auto pre =
        layer.is_dense() ? Pre(layer, sources[0], bf16) : EvaluateOperation(layer, sources);
    const bool by_onednn = layer.is_dense() && !fallback_only;
    values.push_back(
        Activated(layer, pre, by_onednn ? kOneDnnError : FallbackError(*layer.activation)));
    for (Approximate& y : values.back()) y = OrUnknown(y);
  }
  return values[model::NumberOf(mlp.outputs[output].source)];
}

}  // namespace hillock::testing
