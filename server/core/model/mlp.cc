// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/mlp.h"

#include <algorithm>
#include <cmath>

namespace hillock::model {
namespace {

// Whether an activation keeps away from infinities and NaN, overflow apart. Those that do not have
// a pole at 0, or are not defined below it.
bool IsFinite(const activation::Spec& spec, const activation::Params& params) {
  if (spec.reference == nullptr) return true;
  return std::isfinite(spec.reference(0, params)) && std::isfinite(spec.reference(-1.5, params));
}

}  // namespace

Layer WithoutWeights(const Layer& layer) {
  Layer outline;
  outline.name = layer.name;
  outline.source = layer.source;
  outline.operation = layer.operation;
  outline.operands = layer.operands;
  outline.group = layer.group;
  outline.inputs = layer.inputs;
  outline.outputs = layer.outputs;
  outline.activation = layer.activation;
  outline.params = layer.params;
  return outline;
}

size_t Mlp::input_width() const {
  size_t floats = 0;
  for (const Input& input : inputs) floats += input.width;
  return floats;
}

size_t Mlp::answer_width() const {
  size_t floats = 0;
  for (const Output& output : outputs) floats += output.is_constant ? 0 : width(output);
  return floats;
}

TensorShape Mlp::ShapeOf(const Output& output) const {
  const bool has_rows =
      std::ranges::any_of(inputs, [](const Input& input) { return HasRows(input.shape); });
  const bool is_number = !has_rows && width(output) == 1;
  if (!output.shape.empty() || output.is_constant || is_number) return output.shape;
  return {-1, static_cast<int64_t>(width(output))};
}

bool Mlp::is_chain() const {
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].is_dense() || NumberOf(layers[i].source) != i) return false;
  }
  return outputs.size() == 1 && !outputs.front().is_constant &&
         outputs.front().source == OutputOf(layers.size() - 1);
}

bool Mlp::is_finite() const {
  return std::ranges::none_of(inputs, &Input::takes_non_finite) &&
         std::ranges::all_of(layers, [](const Layer& layer) {
           const bool finite = layer.is_dense() || !MayBeNonFinite(*layer.operation);
           return finite && IsFinite(*layer.activation, layer.params);
         });
}

size_t Mlp::flops_per_row() const {
  size_t flops = 0;
  for (const Layer& layer : layers) {
    flops += layer.is_dense() ? 2 * layer.inputs * layer.outputs : layer.outputs;
  }
  return flops;
}

std::string Mlp::LabelName(const Output& output) const {
  return outputs.size() > 1 ? output.name + "_label" : "label";
}

}  // namespace hillock::model
