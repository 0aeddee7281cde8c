// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/select_outputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

namespace hillock::repository {
namespace {

using model::Layer;
using model::Mlp;
using model::Output;
using model::ValueId;
using model::ValueMap;

absl::Status NoOutput(const std::string& name, const Mlp& mlp) {
  const auto left_out = std::ranges::find(mlp.left_out, name, &model::LeftOut::name);
  if (left_out != mlp.left_out.end()) {
    return absl::InvalidArgumentError(
        fmt::format("output '{}' is left out: {}", Excerpt(name), Excerpt(left_out->reason)));
  }
  std::vector<std::string_view> wanted;
  wanted.reserve(mlp.outputs.size());
  for (const Output& output : mlp.outputs) wanted.push_back(Excerpt(output.name));
  return absl::InvalidArgumentError(
      fmt::format("got output '{}', want '{}'", Excerpt(name), fmt::join(wanted, "' or '")));
}

absl::StatusOr<std::vector<Output>> Chosen(std::span<const std::string> names, const Mlp& mlp) {
  std::vector<Output> outputs;
  for (const std::string& name : names) {
    const auto output = std::ranges::find(mlp.outputs, name, &Output::name);
    if (output == mlp.outputs.end()) return NoOutput(name, mlp);
    if (std::ranges::find(outputs, name, &Output::name) != outputs.end()) {
      return absl::InvalidArgumentError(fmt::format("got output '{}' twice", Excerpt(name)));
    }
    outputs.push_back(*output);
  }
  return outputs;
}

// The values that the outputs come from.
ValueMap<char> Needed(const Mlp& mlp, const std::vector<Output>& outputs) {
  ValueMap<char> needed(mlp.layers.size());
  for (const Output& output : outputs) needed[output.source] = true;
  for (size_t i = mlp.layers.size(); i > 0; --i) {
    if (!needed[model::OutputOf(i - 1)]) continue;
    for (const ValueId source : mlp.layers[i - 1].sources()) needed[source] = true;
  }
  return needed;
}

// Drops the other layers, and gives the rest their new numbers.
void KeepLayers(const ValueMap<char>& needed, Mlp& mlp) {
  ValueMap<ValueId> now(mlp.layers.size());
  std::vector<Layer> layers;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    if (!needed[model::OutputOf(i)]) continue;
    Layer& layer = layers.emplace_back(std::move(mlp.layers[i]));
    if (layer.is_dense()) layer.source = now[layer.source];
    for (ValueId& operand : layer.operands) operand = now[operand];
    now[model::OutputOf(i)] = model::OutputOf(layers.size() - 1);
  }
  mlp.layers = std::move(layers);
  for (Output& output : mlp.outputs) output.source = now[output.source];
}

// Marks the columns of the input that a layer reads: those that a selection is of, else all.
void MarkReads(const Mlp& mlp, const Layer& layer, std::vector<char>& is_read) {
  const auto* const select =
      layer.is_dense() ? nullptr : std::get_if<model::Select>(&*layer.operation);
  size_t begin = 0;  // of a source among the columns that a selection is of
  for (const ValueId source : layer.sources()) {
    const size_t end = begin + mlp.width(source);
    if (source == ValueId::kInput && select == nullptr) {
      std::ranges::fill(is_read, true);
    } else if (source == ValueId::kInput) {
      for (const uint32_t column : select->columns) {
        if (column >= begin && column < end) is_read[column - begin] = true;
      }
    }
    begin = end;
  }
}

void MarkInputs(Mlp& mlp) {
  std::vector<char> is_read(mlp.input_width());
  for (const Layer& layer : mlp.layers) MarkReads(mlp, layer, is_read);
  auto column = is_read.begin();
  for (model::Input& input : mlp.inputs) {
    const auto end = column + static_cast<std::ptrdiff_t>(input.width);
    input.required = input.required && std::find(column, end, true) != end;
    column = end;
  }
}

}  // namespace

absl::Status SelectOutputs(std::span<const std::string> names, Mlp& mlp) {
  HILLOCK_ASSIGN_OR_RETURN(std::vector<Output> outputs, Chosen(names, mlp));
  if (std::ranges::all_of(outputs, &Output::is_constant)) {
    return absl::InvalidArgumentError("got nothing but constants, want an output that is computed");
  }
  const ValueMap<char> needed = Needed(mlp, outputs);
  mlp.outputs = std::move(outputs);
  KeepLayers(needed, mlp);
  MarkInputs(mlp);
  return model::Validate(mlp);
}

}  // namespace hillock::repository
