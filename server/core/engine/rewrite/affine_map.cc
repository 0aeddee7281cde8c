// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/rewrite/affine_map.h"

#include <algorithm>
#include <cmath>

namespace hillock::engine {
namespace {

// Into `rounded`; whether all of it is finite.
bool Round(const std::vector<double>& values, std::vector<float>& rounded) {
  rounded.resize(values.size());
  std::ranges::transform(values, rounded.begin(), [](double v) { return static_cast<float>(v); });
  return std::ranges::all_of(rounded, [](float v) { return std::isfinite(v); });
}

}  // namespace

AffineMap AffineMapOf(const model::Layer& layer) {
  return {layer.inputs,
          layer.outputs,
          {layer.weights.begin(), layer.weights.end()},
          {layer.bias.begin(), layer.bias.end()}};
}

// (V W) x + (V b + c). The innermost loop adds a row of `inner` to a row of the product: both are
// read in the order in which they are stored.
AffineMap Compose(const AffineMap& outer, const AffineMap& inner) {
  AffineMap both{inner.inputs, outer.outputs, std::vector<double>(outer.outputs * inner.inputs),
                 outer.bias};
  for (size_t unit = 0; unit < outer.outputs; ++unit) {
    double* const sums = both.weights.data() + unit * inner.inputs;
    for (size_t k = 0; k < outer.inputs; ++k) {
      const double w = outer.weights[unit * outer.inputs + k];
      const double* const row = inner.weights.data() + k * inner.inputs;
      for (size_t i = 0; i < inner.inputs; ++i) sums[i] += w * row[i];
      both.bias[unit] += w * inner.bias[k];
    }
  }
  return both;
}

// W (s x + t) + b = (W s) x + (W t + b). A weight goes into the bias before it is scaled itself.
AffineMap ScaleInputs(AffineMap dense, const model::Scale& scale) {
  for (size_t unit = 0; unit < dense.outputs; ++unit) {
    double* const weights = dense.weights.data() + unit * dense.inputs;
    for (size_t i = 0; i < dense.inputs; ++i) {
      dense.bias[unit] += weights[i] * double{scale.shift[i]};
      weights[i] *= double{scale.scale[i]};
    }
  }
  return dense;
}

// s (W x + b) + t = (s W) x + (s b + t)
AffineMap ScaleOutputs(AffineMap dense, const model::Scale& scale) {
  for (size_t unit = 0; unit < dense.outputs; ++unit) {
    double* const weights = dense.weights.data() + unit * dense.inputs;
    for (size_t i = 0; i < dense.inputs; ++i) weights[i] *= double{scale.scale[unit]};
    dense.bias[unit] = dense.bias[unit] * double{scale.scale[unit]} + double{scale.shift[unit]};
  }
  return dense;
}

// W ((x - o) s) + b = (W s) x + (b - (W s) o). The shift is summed before it meets the bias, which
// it may dwarf.
AffineMap FoldNormalization(AffineMap dense, std::span<const float> offset,
                            std::span<const float> scale) {
  for (size_t unit = 0; unit < dense.outputs; ++unit) {
    double* const weights = dense.weights.data() + unit * dense.inputs;
    double shift = 0;
    for (size_t i = 0; i < dense.inputs; ++i) {
      weights[i] *= double{scale[i]};
      shift += weights[i] * double{offset[i]};
    }
    dense.bias[unit] -= shift;
  }
  return dense;
}

// The one place that rounds. A layer that was a scale is dense afterwards.
std::optional<model::Layer> WithDense(const model::Layer& layer, const AffineMap& affine) {
  model::Layer rounded = WithoutWeights(layer);
  rounded.operation.reset();
  rounded.operands.clear();
  rounded.group = 0;
  rounded.inputs = affine.inputs;
  rounded.slopes = layer.slopes;
  const bool finite = Round(affine.weights, rounded.weights) && Round(affine.bias, rounded.bias);
  if (!finite) return std::nullopt;
  return rounded;
}

}  // namespace hillock::engine
