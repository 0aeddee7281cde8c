// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "server/core/base/background_thread.h"
#include "server/core/model/check_operation.h"
#include "server/core/model/mlp.h"

namespace hillock::model {
namespace {

using activation::Scope;

// Of an axis, and of a row: their product fits 64 bits.
constexpr int64_t kMaxSize = int64_t{1} << 31;
constexpr size_t kMaxElements = size_t{1} << 32;

// Of what no weights bear out: see CheckColumns.
constexpr size_t kMaxFreeColumns = size_t{1} << 22;

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

// REQUIRES: the sources of layers before `index` are checked.
absl::Status CheckSources(const Mlp& mlp, size_t index) {
  for (const ValueId source : mlp.layers[index].sources()) {
    if (NumberOf(source) <= index) continue;
    return absl::InvalidArgumentError(fmt::format(
        "reads value {}, want at most {}, that of the layer before", NumberOf(source), index));
  }
  return absl::OkStatus();
}

absl::Status CheckWidth(const Mlp& mlp, const Layer& layer) {
  const size_t want = mlp.width(layer.source);
  if (layer.inputs == want) return absl::OkStatus();
  const std::string of = layer.source == ValueId::kInput
                             ? "the width of the input"
                             : fmt::format("the outputs of layer {} '{}'", LayerOf(layer.source),
                                           mlp.layers[LayerOf(layer.source)].name);
  return absl::InvalidArgumentError(
      fmt::format("has {} inputs, want {}, {}", layer.inputs, want, of));
}

absl::Status CheckDense(const Mlp& mlp, const Layer& layer) {
  if (layer.inputs == 0 || layer.outputs == 0) {
    return absl::InvalidArgumentError(
        fmt::format("got {} inputs and {} outputs, want at least 1", layer.inputs, layer.outputs));
  }
  HILLOCK_RETURN_IF_ERROR(CheckWidth(mlp, layer));
  HILLOCK_RETURN_IF_ERROR(CheckFloats("weights", layer.weights, layer.inputs * layer.outputs));
  return CheckFloats("bias", layer.bias, layer.outputs);
}

absl::Status CheckGroup(const Layer& layer) {
  if (layer.group == 0) return absl::OkStatus();
  if (layer.is_dense() || layer.outputs % layer.group != 0) {
    return absl::InvalidArgumentError(
        fmt::format("runs over groups of {} of {} columns", layer.group, layer.outputs));
  }
  return absl::OkStatus();
}

absl::Status CheckLayer(const Mlp& mlp, size_t index) {
  YieldIfContended();
  const Layer& layer = mlp.layers[index];
  HILLOCK_RETURN_IF_ERROR(CheckSources(mlp, index));
  HILLOCK_RETURN_IF_ERROR(layer.is_dense() ? CheckDense(mlp, layer) : CheckOperation(mlp, layer));
  HILLOCK_RETURN_IF_ERROR(CheckGroup(layer));
  return CheckActivation(layer);
}

absl::Status CheckNormalization(const Mlp& mlp) {
  if (mlp.offset.empty() && mlp.scale.empty()) return absl::OkStatus();
  HILLOCK_RETURN_IF_ERROR(CheckFloats("offset", mlp.offset, mlp.input_width()));
  return CheckFloats("scale", mlp.scale, mlp.input_width());
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

// Row after row, as many elements as a row has.
absl::Status CheckShape(const TensorShape& shape, size_t width) {
  size_t elements = 1;
  bool before_rows = HasRows(shape);
  bool possible = shape.size() <= kMaxRank;
  for (const int64_t size : shape) {
    possible = possible && -kMaxSize <= size && size <= kMaxSize && !(before_rows && size > 1);
    before_rows = before_rows && size > 0;
    const int64_t bounded = std::clamp(size, -kMaxSize, kMaxSize);
    elements = std::min(elements * static_cast<size_t>(std::abs(bounded)), kMaxElements);
  }
  const auto open = std::ranges::count_if(shape, [](int64_t size) { return size < 0; });
  if (possible && elements == width && open <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("has shape [{}] for rows of {} elements", fmt::join(shape, ", "), width));
}

absl::Status CheckLimits(std::string_view what, std::span<const float> limits, size_t width) {
  return limits.empty() ? absl::OkStatus() : CheckFloats(what, limits, width);
}

absl::Status CheckInput(const Input& input) {
  if (input.width == 0) return absl::InvalidArgumentError("has width 0, want at least 1");
  if (input.shared && HasRows(input.shape)) {
    return absl::InvalidArgumentError("is one for all rows, and has an axis of rows");
  }
  HILLOCK_RETURN_IF_ERROR(CheckShape(input.shape, input.width));
  HILLOCK_RETURN_IF_ERROR(CheckLimits("low", input.low, input.width));
  return CheckLimits("high", input.high, input.width);
}

absl::Status CheckInputs(const Mlp& mlp) {
  if (mlp.inputs.empty() || mlp.inputs.size() > kMaxInputs) {
    return absl::InvalidArgumentError(
        fmt::format("has {} inputs, want 1 to {}", mlp.inputs.size(), kMaxInputs));
  }
  std::set<std::string> names;
  for (const Input& input : mlp.inputs) {
    const std::string what = fmt::format("input '{}'", Excerpt(input.name));
    HILLOCK_RETURN_IF_ERROR(Annotate(CheckInput(input), what));
    if (names.insert(input.name).second) continue;
    return absl::InvalidArgumentError(
        fmt::format("there are two inputs '{}', want names that differ", Excerpt(input.name)));
  }
  return absl::OkStatus();
}

absl::Status CheckConstant(const Output& output) {
  if (output.has_labels() || HasRows(output.shape)) {
    return absl::InvalidArgumentError("is a constant, and has labels or an axis of rows");
  }
  return CheckShape(output.shape, output.constant.size());
}

absl::Status CheckOutput(const Mlp& mlp, const Output& output) {
  if (output.is_constant) return CheckConstant(output);
  const size_t number = NumberOf(output.source);
  if (number == 0 || number > mlp.layers.size()) {
    return absl::InvalidArgumentError(
        fmt::format("is value {}, want 1 to {}, that of a layer", number, mlp.layers.size()));
  }
  if (!std::isfinite(output.threshold)) {
    return absl::InvalidArgumentError(
        fmt::format("threshold is {}, want a finite number", output.threshold));
  }
  const size_t width = mlp.width(output);
  if (!output.column_names.empty() && output.column_names.size() != width) {
    return absl::InvalidArgumentError(
        fmt::format("has {} column names, want {}", output.column_names.size(), width));
  }
  HILLOCK_RETURN_IF_ERROR(CheckShape(mlp.ShapeOf(output), width));
  return CheckLabels(output, width);
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

// A row operation, and an input that none but these read, may be of any width in a few bytes of a
// file; each row of a request pays for it.
absl::Status CheckColumns(const Mlp& mlp) {
  size_t columns = 0;
  bool is_read_by_weights = false;
  for (const Layer& layer : mlp.layers) {
    if (!layer.is_dense()) columns += layer.outputs;
    is_read_by_weights |= layer.is_dense() && layer.source == ValueId::kInput;
  }
  if (!is_read_by_weights) columns += mlp.input_width();
  if (columns <= kMaxFreeColumns) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "inputs and row operations have {} columns, want at most {}", columns, kMaxFreeColumns));
}

// A layer that nobody needs would cost every request its time.
absl::Status CheckUse(const Mlp& mlp) {
  ValueMap<char> used(mlp.layers.size());
  for (const Layer& layer : mlp.layers) {
    for (const ValueId source : layer.sources()) used[source] = true;
  }
  for (const Output& output : mlp.outputs) used[output.source] = true;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    if (used[OutputOf(i)]) continue;
    return absl::InvalidArgumentError(
        fmt::format("layer {} '{}': is read by no layer and is no output", i, mlp.layers[i].name));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const Mlp& mlp) {
  HILLOCK_RETURN_IF_ERROR(CheckInputs(mlp));
  HILLOCK_RETURN_IF_ERROR(CheckColumns(mlp));
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
