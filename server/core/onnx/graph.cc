// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "server/core/base/utf8.h"
#include "server/core/model/limits.h"
#include "server/core/onnx/graph_inputs.h"
#include "server/core/onnx/graph_walk.h"
#include "server/core/onnx/lowering/outputs.h"

namespace hillock::onnx {
namespace {

std::string NameOr(std::string_view name, std::string_view otherwise) {
  const bool fits = !name.empty() && name.size() <= model::kMaxNameBytes && IsUtf8(name);
  return std::string(fits ? name : otherwise);
}

// Names of layers label metrics, so they are there and differ. Layers made of one have its name.
void NameLayers(model::Mlp& mlp) {
  std::set<std::string> taken;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    std::string& name = mlp.layers[i].name;
    name = NameOr(name, fmt::format("layer{}", i));
    if (taken.insert(name).second) continue;
    name = fmt::format("layer{}", i);
    while (!taken.insert(name).second) name += '_';
  }
}

// Marks what a layer reads of the input, whose `columns` come after `offset` others of its sources.
void MarkRead(const model::Layer& layer, size_t offset, size_t columns, std::vector<bool>& read) {
  const auto* const select =
      layer.is_dense() ? nullptr : std::get_if<model::Select>(&*layer.operation);
  if (select == nullptr) {
    std::fill_n(read.begin(), columns, true);
    return;
  }
  for (const size_t c : select->columns) {
    if (c >= offset && c < offset + columns) read[c - offset] = true;
  }
}

// By column of the input row: whether some layer reads it.
std::vector<bool> ColumnsRead(const model::Mlp& mlp, size_t width) {
  std::vector<bool> read(width);
  for (const model::Layer& layer : mlp.layers) {
    size_t offset = 0;
    for (const model::ValueId source : layer.sources()) {
      const size_t columns = mlp.width(source);
      if (source == model::ValueId::kInput) MarkRead(layer, offset, columns, read);
      offset += columns;
    }
  }
  return read;
}

void Limit(const RowGraph& graph, const GraphInput& from, model::Input& input) {
  for (size_t c = 0; c < input.width; ++c) {
    const auto limits = graph.limits().find(from.first + c);
    if (limits == graph.limits().end()) continue;
    if (input.low.empty()) {
      input.low.assign(input.width, std::numeric_limits<float>::lowest());
      input.high.assign(input.width, std::numeric_limits<float>::max());
    }
    input.low[c] = static_cast<float>(limits->second.low);
    input.high[c] = static_cast<float>(limits->second.high);
  }
}

// The interface is kept beside the layers, as the file has it.
void SetInputs(const GraphInputs& inputs, const RowGraph& graph, model::Mlp& mlp) {
  const std::vector<bool> read = ColumnsRead(mlp, inputs.width);
  mlp.inputs.clear();
  for (size_t i = 0; i < inputs.inputs.size(); ++i) {
    const GraphInput& from = inputs.inputs[i];
    model::Input& input = mlp.inputs.emplace_back(from.input);
    input.name = NameOr(from.name, inputs.inputs.size() == 1 ? "input" : fmt::format("input{}", i));
    const auto first = read.begin() + static_cast<std::ptrdiff_t>(from.first);
    input.required = std::find(first, first + static_cast<std::ptrdiff_t>(input.width), true) !=
                     first + static_cast<std::ptrdiff_t>(input.width);
    const bool is_float = model::SpecOf(input.datatype).kind == model::DatatypeKind::kFloat;
    input.takes_non_finite = graph.takes_non_finite() && is_float;
    Limit(graph, from, input);
  }
}

void NameOutputs(model::Mlp& mlp) {
  for (size_t i = 0; i < mlp.outputs.size(); ++i) {
    std::string& name = mlp.outputs[i].name;
    name = NameOr(name, mlp.outputs.size() == 1 ? "output" : fmt::format("output{}", i));
  }
}

// Weights of four or eight bits become floats, and count for as many bytes.
void GrowByNarrowWeights(const GraphView& graph, Budget& budget) {
  for (const TensorView& tensor : graph.initializers) {
    const bool is_byte = tensor.type == DataType::kInt8 || tensor.type == DataType::kUint8;
    const bool is_half = tensor.type == DataType::kInt4 || tensor.type == DataType::kUint4;
    if (!is_byte && !is_half) continue;
    budget.Grow(tensor.raw.size() * (is_half ? 2 : 1) * sizeof(float));
  }
}

}  // namespace

absl::StatusOr<model::Mlp> ImportGraph(const ModelView& model, const ExternalFile& external,
                                       Budget& budget) {
  if (model.graph.sparse_initializers) {
    return absl::UnimplementedError("the graph has sparse initializers");
  }
  GrowByNarrowWeights(model.graph, budget);
  HILLOCK_ASSIGN_OR_RETURN(const GraphInputs inputs, InputsOf(model.graph));
  GraphWalk walk(model, external, budget, inputs);
  HILLOCK_RETURN_IF_ERROR(walk.Run());
  std::vector<GraphOutput> outputs;
  for (const ValueInfoView& output : model.graph.outputs) {
    outputs.push_back({output.name, output.type, walk.values().Find(output.name)});
    if (outputs.back().value != nullptr) continue;
    return absl::InvalidArgumentError(
        fmt::format("no node computes output '{}'", Excerpt(output.name)));
  }
  RowGraph& graph = walk.graph();
  HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, MakeModel(graph, outputs, walk.values()));
  SetInputs(inputs, graph, mlp);
  NameOutputs(mlp);
  NameLayers(mlp);
  HILLOCK_RETURN_IF_ERROR(model::Validate(mlp));
  return mlp;
}

}  // namespace hillock::onnx
