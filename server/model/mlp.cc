#include "server/model/mlp.h"

#include <fmt/format.h>

#include <cmath>
#include <span>
#include <string_view>

namespace hillock::model {
namespace {

using activation::Scope;

absl::Status CheckFloats(std::string_view what, std::span<const float> values, size_t want) {
  if (values.size() != want) {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} floats, want {}", what, values.size(), want));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return absl::InvalidArgumentError(
          fmt::format("{}[{}] is {}, want a finite number", what, i, values[i]));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckActivation(const Layer& layer) {
  const bool per_unit = layer.activation->scope == Scope::kPerUnit;
  if (!per_unit && !layer.slopes.empty()) {
    return absl::InvalidArgumentError(fmt::format("activation '{}' has {} slopes, want none",
                                                  layer.activation->name, layer.slopes.size()));
  }
  return per_unit ? CheckFloats("slopes", layer.slopes, layer.outputs) : absl::OkStatus();
}

absl::Status CheckLayer(const Layer& layer, size_t want_inputs) {
  if (layer.inputs == 0 || layer.outputs == 0) {
    return absl::InvalidArgumentError(
        fmt::format("got {} inputs and {} outputs, want at least 1", layer.inputs, layer.outputs));
  }
  if (layer.inputs != want_inputs) {
    return absl::InvalidArgumentError(fmt::format(
        "has {} inputs, want {}, the outputs of the layer before", layer.inputs, want_inputs));
  }
  HILLOCK_RETURN_IF_ERROR(CheckFloats("weights", layer.weights, layer.inputs * layer.outputs));
  HILLOCK_RETURN_IF_ERROR(CheckFloats("bias", layer.bias, layer.outputs));
  return CheckActivation(layer);
}

absl::Status CheckNormalization(const Mlp& mlp) {
  if (mlp.offset.empty() && mlp.scale.empty()) return absl::OkStatus();
  HILLOCK_RETURN_IF_ERROR(CheckFloats("offset", mlp.offset, mlp.inputs()));
  return CheckFloats("scale", mlp.scale, mlp.inputs());
}

absl::Status CheckLabels(const Mlp& mlp) {
  const size_t got = mlp.class_labels.size();
  const size_t want = mlp.outputs() == 1 ? 2 : mlp.outputs();
  if (got == 0 || got == want) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("has {} class labels, want {}", got, want));
}

}  // namespace

size_t Mlp::flops_per_row() const {
  size_t weights = 0;
  for (const Layer& layer : layers) weights += layer.inputs * layer.outputs;
  return 2 * weights;
}

absl::Status Validate(const Mlp& mlp) {
  if (mlp.layers.empty()) return absl::InvalidArgumentError("has 0 layers, want at least 1");
  size_t width = mlp.inputs();
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const Layer& layer = mlp.layers[i];
    HILLOCK_RETURN_IF_ERROR(
        Annotate(CheckLayer(layer, width), fmt::format("layer {} '{}'", i, layer.name)));
    width = layer.outputs;
  }
  HILLOCK_RETURN_IF_ERROR(Annotate(CheckNormalization(mlp), "normalization"));
  if (!std::isfinite(mlp.threshold)) {
    return absl::InvalidArgumentError(
        fmt::format("threshold is {}, want a finite number", mlp.threshold));
  }
  return CheckLabels(mlp);
}

}  // namespace hillock::model
