#include "server/core/model/mlp.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <span>
#include <string_view>

#include "server/core/base/background_thread.h"

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

absl::Status CheckSource(const Mlp& mlp, size_t index) {
  const Layer& layer = mlp.layers[index];
  if (NumberOf(layer.source) > index) {
    return absl::InvalidArgumentError(
        fmt::format("reads value {}, want at most {}, that of the layer before",
                    NumberOf(layer.source), index));
  }
  const size_t want = mlp.width(layer.source);
  if (layer.inputs == want) return absl::OkStatus();
  const std::string of = layer.source == ValueId::kInput
                             ? "the width of the input"
                             : fmt::format("the outputs of layer {} '{}'", LayerOf(layer.source),
                                           mlp.layers[LayerOf(layer.source)].name);
  return absl::InvalidArgumentError(
      fmt::format("has {} inputs, want {}, {}", layer.inputs, want, of));
}

absl::Status CheckLayer(const Mlp& mlp, size_t index) {
  YieldIfContended();
  const Layer& layer = mlp.layers[index];
  if (layer.inputs == 0 || layer.outputs == 0) {
    return absl::InvalidArgumentError(
        fmt::format("got {} inputs and {} outputs, want at least 1", layer.inputs, layer.outputs));
  }
  HILLOCK_RETURN_IF_ERROR(CheckSource(mlp, index));
  HILLOCK_RETURN_IF_ERROR(CheckFloats("weights", layer.weights, layer.inputs * layer.outputs));
  HILLOCK_RETURN_IF_ERROR(CheckFloats("bias", layer.bias, layer.outputs));
  return CheckActivation(layer);
}

absl::Status CheckNormalization(const Mlp& mlp) {
  if (mlp.offset.empty() && mlp.scale.empty()) return absl::OkStatus();
  HILLOCK_RETURN_IF_ERROR(CheckFloats("offset", mlp.offset, mlp.inputs()));
  return CheckFloats("scale", mlp.scale, mlp.inputs());
}

absl::Status CheckLabels(const Output& output, size_t width) {
  const size_t got = output.class_labels.size();
  if (output.multilabel) {
    if (got == 0 && width > 1) return absl::OkStatus();
    return absl::InvalidArgumentError(
        fmt::format("is multilabel with {} columns and {} class labels, want 2 columns or more and "
                    "no class labels",
                    width, got));
  }
  const size_t want = width == 1 ? 2 : width;
  if (got == 0 || got == want) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("has {} class labels, want {}", got, want));
}

absl::Status CheckOutput(const Mlp& mlp, const Output& output) {
  const size_t number = NumberOf(output.source);
  if (number == 0 || number > mlp.layers.size()) {
    return absl::InvalidArgumentError(
        fmt::format("is value {}, want 1 to {}, that of a layer", number, mlp.layers.size()));
  }
  if (!std::isfinite(output.threshold)) {
    return absl::InvalidArgumentError(
        fmt::format("threshold is {}, want a finite number", output.threshold));
  }
  return CheckLabels(output, mlp.width(output));
}

absl::Status CheckNames(const Mlp& mlp) {
  std::set<std::string> names;
  const auto check = [&](const std::string& name) {
    if (names.insert(name).second) return absl::OkStatus();
    return absl::InvalidArgumentError(
        fmt::format("there are two outputs '{}', want names that differ", Excerpt(name)));
  };
  for (const Output& output : mlp.outputs) {
    HILLOCK_RETURN_IF_ERROR(check(output.name));
    if (output.has_labels()) HILLOCK_RETURN_IF_ERROR(check(mlp.LabelName(output)));
  }
  return absl::OkStatus();
}

absl::Status CheckOutputs(const Mlp& mlp) {
  if (mlp.outputs.empty() || mlp.outputs.size() > kMaxOutputs) {
    return absl::InvalidArgumentError(
        fmt::format("has {} outputs, want 1 to {}", mlp.outputs.size(), kMaxOutputs));
  }
  for (const Output& output : mlp.outputs) {
    HILLOCK_RETURN_IF_ERROR(
        Annotate(CheckOutput(mlp, output), fmt::format("output '{}'", Excerpt(output.name))));
  }
  return CheckNames(mlp);
}

// A layer that nobody needs would cost every request its time.
absl::Status CheckUse(const Mlp& mlp) {
  ValueMap<char> used(mlp.layers.size());
  for (const Layer& layer : mlp.layers) used[layer.source] = true;
  for (const Output& output : mlp.outputs) used[output.source] = true;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    if (used[OutputOf(i)]) continue;
    return absl::InvalidArgumentError(
        fmt::format("layer {} '{}': is read by no layer and is no output", i, mlp.layers[i].name));
  }
  return absl::OkStatus();
}

}  // namespace

Layer WithoutWeights(const Layer& layer) {
  Layer outline;
  outline.name = layer.name;
  outline.source = layer.source;
  outline.inputs = layer.inputs;
  outline.outputs = layer.outputs;
  outline.activation = layer.activation;
  outline.params = layer.params;
  return outline;
}

size_t Mlp::answer_width() const {
  size_t floats = 0;
  for (const Output& output : outputs) floats += width(output);
  return floats;
}

bool Mlp::is_chain() const {
  for (size_t i = 0; i < layers.size(); ++i) {
    if (NumberOf(layers[i].source) != i) return false;
  }
  return outputs.size() == 1 && outputs.front().source == OutputOf(layers.size() - 1);
}

size_t Mlp::flops_per_row() const {
  size_t weights = 0;
  for (const Layer& layer : layers) weights += layer.inputs * layer.outputs;
  return 2 * weights;
}

std::string Mlp::LabelName(const Output& output) const {
  return outputs.size() > 1 ? output.name + "_label" : "label";
}

absl::Status Validate(const Mlp& mlp) {
  if (mlp.layers.empty()) return absl::InvalidArgumentError("has 0 layers, want at least 1");
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    HILLOCK_RETURN_IF_ERROR(
        Annotate(CheckLayer(mlp, i), fmt::format("layer {} '{}'", i, mlp.layers[i].name)));
  }
  HILLOCK_RETURN_IF_ERROR(Annotate(CheckNormalization(mlp), "normalization"));
  HILLOCK_RETURN_IF_ERROR(CheckOutputs(mlp));
  return CheckUse(mlp);
}

}  // namespace hillock::model
